/** The edge on a host: its unit, its programs, its ports, faults, and the power. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { edgeConfiguration } from "../../../../infra/edge.ts";
import type { FaultAction } from "../../../../rehearsal/faults/faults.ts";
import type { Machine } from "../../../../rehearsal/host/machine/machine.ts";
import { run } from "../ssh.ts";
import { freePort, startWorld, userData, type World } from "../world.ts";
import { ask } from "./subjects.ts";

let world: World;
let host: Machine;
let port: number;

const home = "/home/deploy/liftlock/edge";
const routes = [{ service: "docs", port: 8080, health: "/healthz" }];
const configuration = (blue: number, green: number) =>
  edgeConfiguration({ routes, port, drain: 1 })
    .replaceAll("@home@", home)
    .replaceAll("@blue@", String(blue))
    .replaceAll("@green@", String(green));

async function boot(files: Record<string, string>, packages = ["haproxy", "socat", "curl"]): Promise<void> {
  const written = Object.entries(files).map(([name, content]) => ({ path: `${home}/${name}`, content }));
  const more = stringify({ packages, write_files: written });
  const address = world.hosts.allocateAddress("droplet");
  const droplet = { id: 50, name: "web-1", address, userData: userData() + more, sshKeys: [], tags: [] };
  await world.hosts.boot(droplet);
  host = world.hosts.host("web-1");
}

beforeEach(async () => {
  world = await startWorld();
  port = await freePort();
});
afterEach(() => world.close());

const page = "back soon\n";
const sh = (command: string) => run(world.target(host), command);
const socket = (name: string) => `UNIX-CONNECT:/run/liftlock-edge/${name}.sock`;
const admin = async (commands: string) =>
  (await sh(`printf '%s\\n' '${commands}' | socat -t 5 - ${socket("admin")}`)).stdout;
const url = () => `http://${host.droplet.address}:${port}`;
const column = async (slot: string, number: number) =>
  (
    await sh(
      `printf 'show stat\\n' | socat -t 5 - ${socket("admin")} | awk -F , '$2 == "${slot}" { print $${number} }'`,
    )
  ).stdout.trim();

/** Starts a release in a slot, as the product does: a project of its own, ports on the loopback. */
async function startSlot(slot: "blue" | "green", version: string): Promise<void> {
  const { docs } = await world.publish(version);
  const loopback = { blue: 21_000, green: 22_000 }[slot];
  const compose = `services:\n  docs:\n    image: ${docs}\n    ports: ["8080:8080"]\n    restart: unless-stopped\n`;
  const pins = `services:\n  docs:\n    ports: !override ["127.0.0.1:${loopback}:8080"]\n`;
  const started = await sh(
    `mkdir -p ${slot} && cd ${slot} && cat >compose.yaml <<'E' && cat >pins.yaml <<'E2' && docker compose --project-name shop-${slot} --file compose.yaml --file pins.yaml up --detach --wait\n${compose}E\n${pins}E2\n`,
  );
  expect([started.code, started.stderr]).toEqual([0, expect.any(String)]);
}

describe("a host with an edge", () => {
  beforeEach(() => boot({ "haproxy.cfg": configuration(0, 0), "maintenance.html": page }));

  it("shows the page until a release serves, then the release", async () => {
    expect(await ask(url())).toMatchObject({ status: 503, body: page });
    await startSlot("blue", "1.0.0");
    await expect.poll(() => column("blue", 18)).toBe("UP");
    expect(await admin("set server docs/blue weight 100; set server docs/blue state ready")).toBe("\n\n");
    const got = await ask(`${url()}/version`);
    expect([got.status, JSON.parse(got.body)]).toEqual([200, expect.objectContaining({ version: "1.0.0" })]);
    const log = await readFile(join(host.home("deploy"), "liftlock/edge/requests.log"), "utf8");
    const lines = log
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { slot: string });
    expect(lines.map(({ slot }) => slot)).toEqual(["<NOSRV>", "blue"]);
  });

  it("moves traffic between two slots and drops no request", async () => {
    await startSlot("blue", "1.0.0");
    await startSlot("green", "1.1.0");
    await expect.poll(() => column("green", 18)).toBe("UP");
    await expect.poll(() => column("blue", 18)).toBe("UP");
    await admin("set server docs/blue weight 100");
    const seen: [number, string][] = [];
    let going = true;
    const client = (async () => {
      while (going) {
        const { status, body } = await ask(`${url()}/version`);
        seen.push([status, (JSON.parse(body) as { version: string }).version]);
      }
    })();
    await admin("set server docs/green weight 100; set server docs/blue weight 0");
    await sh("docker stop --time 30 shop-blue-docs-1");
    going = false;
    await client;
    expect(new Set(seen.map(([status]) => status))).toEqual(new Set([200]));
    expect((JSON.parse((await ask(`${url()}/version`)).body) as { version: string }).version).toBe("1.1.0");
  });

  it("asks its own loopback with curl", async () => {
    await startSlot("blue", "1.0.0");
    const got = "curl --silent --show-error --output answer --write-out '%{http_code}' --max-time 5";
    expect(await sh(`${got} http://127.0.0.1:21000/healthz && cat answer`)).toMatchObject({
      code: 0,
      stdout: "200ok",
    });
    expect(await sh(`${got} http://127.0.0.1:22000/healthz`)).toMatchObject({
      code: 7,
      stdout: "000",
      stderr: expect.stringContaining("curl: (7) Failed to connect to 127.0.0.1 port 22000"),
    });
    expect(await sh(`${got} --fail http://127.0.0.1:21000/nowhere`)).toMatchObject({
      code: 22,
      stdout: "404",
    });
    expect(await sh(`${got} --compressed http://127.0.0.1:21000/`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("does not support the option --compressed"),
    });
    const metrics = await sh("curl --silent http://127.0.0.1:8404/metrics");
    expect(metrics.stdout).toContain('haproxy_server_weight{proxy="docs",server="blue"} 0\n');
  });

  it("checks a configuration and reloads", async () => {
    const cfg = "$HOME/liftlock/edge/haproxy.cfg";
    const reload = async () => (await sh(`printf 'reload\\n' | socat -t 10 - ${socket("master")}`)).stdout;
    expect(await sh(`haproxy -c -f ${cfg}`)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await reload()).toMatch(/^Success=1\n--\n\[NOTICE\] {3}\(\d+\) : haproxy version is 3\.0/);
    await sh(`echo '  frobnicate' >>${cfg}`);
    const checked = await sh(`haproxy -c -f ${cfg}`);
    expect(checked).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /\[ALERT\] {4}\(\d+\) : config : parsing \[.*haproxy\.cfg:\d+\] : unknown keyword 'frobnicate' in 'backend' section\n/,
      ),
    });
    expect(await reload()).toMatch(/^Success=0\n--\n(.*\n)*\[WARNING\] {2}\(\d+\) : Loading failure!\n/);
    expect((await ask(url())).status).toBe(503);
  });

  it("serves reserved addresses too", async () => {
    const reserved = world.hosts.allocateAddress("reserved");
    await world.hosts.assignAddress(host.droplet.id, reserved);
    expect((await ask(`http://${reserved}:${port}`)).status).toBe(503);
    await world.hosts.unassignAddress(reserved);
    await expect(ask(`http://${reserved}:${port}`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is gone without power, and reads its configuration anew afterwards", async () => {
    await startSlot("blue", "1.0.0");
    await sh(`sed -i 's/weight 0/weight 7/' $HOME/liftlock/edge/haproxy.cfg`);
    await world.hosts.powerOff(host.droplet.id);
    await expect(ask(url())).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await world.hosts.powerOn(host.droplet.id);
    await expect.poll(() => column("blue", 18)).toBe("UP");
    expect(await column("blue", 19)).toBe("7");
    expect((await ask(`${url()}/version`)).status).toBe(200);
  });

  it("refuses its port to containers, and theirs to itself", async () => {
    const { docs } = await world.publish("1.0.0");
    const compose = `services: { docs: { image: "${docs}", ports: ["${port}:8080"] } }`;
    const up = await sh(`echo '${compose}' >compose.yaml; docker compose up --detach`);
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining("port is already allocated") });
    await startSlot("blue", "1.0.0");
    await sh(`printf 'frontend more\\n  bind 127.0.0.1:21000\\n' >>$HOME/liftlock/edge/haproxy.cfg`);
    expect((await sh(`printf 'reload\\n' | socat - ${socket("master")}`)).stdout).toContain(
      "cannot bind socket (Address already in use)",
    );
    expect((await ask(url())).status).toBe(503);
  });

  it("keeps what a script left in the background until the power goes", async () => {
    await sh(
      "setsid sh -c 'echo $$ >pid; sleep 0.4; docker ps >late; sleep 60' </dev/null >/dev/null 2>&1 &",
    );
    const file = (name: string) => readFile(join(host.home("deploy"), name), "utf8").catch(() => "");
    await expect.poll(() => file("late")).toContain("CONTAINER ID");
    const pid = Number(await file("pid"));
    const command = () => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    expect(await command()).not.toBe("");
    await world.hosts.powerOff(host.droplet.id);
    await expect.poll(command).toBe("");
  });
});

describe("faults", () => {
  beforeEach(() => boot({ "haproxy.cfg": configuration(0, 0), "maintenance.html": page }));
  const arm = (match: string, action: FaultAction) => world.faults.add({ part: "host", match, action });

  it.each<[string, string, FaultAction, object]>([
    [
      "socat",
      "^web-1 socat .*admin\\.sock show info$",
      { kind: "status", status: 9, message: "no" },
      { code: 9, stderr: "no\n" },
    ],
    ["socat", "^web-1 socat .* show", { kind: "refuse" }, { code: 1, stdout: "" }],
    ["socat", "^web-1 socat", { kind: "lie", text: "Name: Other\n" }, { code: 0, stdout: "Name: Other\n" }],
  ])("strike %s %s", async (_, match, action, expected) => {
    arm(match, action);
    const command = `printf 'show info\\n' | socat -t 5 - ${socket("admin")}`;
    expect(await sh(command)).toMatchObject(expected);
    expect((await sh(command)).stdout).toContain("Name: HAProxy\n");
  });

  it("strike curl and haproxy", async () => {
    arm("^web-1 curl .*8404", { kind: "refuse" });
    arm("^web-1 haproxy -c", { kind: "status", status: 1, message: "[ALERT] no" });
    expect((await sh("curl --silent http://127.0.0.1:8404/metrics")).code).toBe(7);
    expect((await sh("curl --silent http://127.0.0.1:8404/metrics")).code).toBe(0);
    expect(await sh("haproxy -c -f x")).toMatchObject({ code: 1, stderr: "[ALERT] no\n" });
  });
});

describe("a host whose edge has no configuration yet", () => {
  beforeEach(() => boot({ "maintenance.html": page }));

  it("has no sockets, and starts the edge when there is one", async () => {
    const asked = await sh(`printf 'show info\\n' | socat -t 5 - ${socket("admin")}`);
    expect(asked).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("No such file or directory"),
    });
    await sh(`mkdir -p liftlock/edge && cat >liftlock/edge/haproxy.cfg <<'E'\n${configuration(1, 1)}E\n`);
    await expect.poll(() => admin("show info")).toContain("Name: HAProxy\n");
    expect((await ask(url())).status).toBe(503);
  });

  it("says why it does not start, and tries again", async () => {
    await sh(`mkdir -p liftlock/edge && echo nonsense >liftlock/edge/haproxy.cfg`);
    await expect
      .poll(() => host.edge?.alerts)
      .toContainEqual(expect.stringContaining("unknown keyword 'nonsense' out of section"));
    await sh(`cat >liftlock/edge/haproxy.cfg <<'E'\n${configuration(1, 1)}E\n`);
    await expect.poll(() => host.edge?.running).toBe(true);
    expect(host.edge?.alerts).toEqual([]);
  });
});

describe("a host without the packages", () => {
  it("has neither haproxy nor socat, also where this machine has them", async () => {
    await boot({}, []);
    for (const program of ["haproxy -v", "socat -V"]) {
      expect(await sh(program)).toMatchObject({ code: 127, stderr: expect.stringContaining("not found") });
    }
    expect(host.edge).toBeUndefined();
  });
});

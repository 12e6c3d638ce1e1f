/** Hosts that are containers, on this machine's engine. Minutes, and root: see `enabled.ts`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ContainerHost } from "../../../../rehearsal/host/container/container-host.ts";
import { DockerApi, engineSocket } from "../../../../rehearsal/host/container/docker-api.ts";
import { withLabel, worldLabel } from "../../../../rehearsal/host/container/labels.ts";
import { removeLeftovers } from "../../../../rehearsal/host/container/leftovers.ts";
import { thisOwner } from "../../../../rehearsal/host/container/owner.ts";
import { newKeyPair, publicKeyOf } from "../../../../rehearsal/host/ssh/keys.ts";
import { connectTime, Droplets, forwarding, Traces } from "./droplets.ts";
import { onContainers, whyNot } from "./enabled.ts";

onContainers();

const long = 180_000;

/** Until a condition holds; what it waits for comes within moments. */
async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) if (await holds()) return true;
  return false;
}

/** Neither silence nor a refusal is an answer. */
const nobody = { name: expect.stringMatching(/^(NoConnection|Error)$/) as string };

describe("a host", () => {
  const hostKey = newKeyPair();
  let droplets: Droplets;
  let first: ContainerHost;
  let second: ContainerHost;

  beforeAll(async () => {
    if (whyNot !== undefined) return;
    droplets = await Droplets.start();
    [first, second] = await Promise.all([droplets.boot("first", hostKey), droplets.boot("second")]);
  }, long);
  afterAll(() => droplets?.[Symbol.asyncDispose](), long);

  const ask = async (command: string, host = first, user = "deploy") =>
    (await droplets.ask(host, command, user)).stdout.trim();

  /** Starts a web server in a container of the host's own engine, from the host's own busybox. */
  const publish = async () => {
    const { code, stderr } = await droplets.ask(
      first,
      `cloud-init status --wait >/dev/null
       mkdir page && echo hello >page/index.html
       tar -c -C / usr/bin/busybox -C "$HOME" page | docker import --message page - page:1 >/dev/null &&
       docker run --detach --restart always --publish 80:80 page:1 /usr/bin/busybox httpd -f -h /page >/dev/null`,
    );
    expect([code, stderr]).toEqual([0, ""]);
  };
  const page = (address: string) =>
    fetch(`http://${address}/`, { signal: AbortSignal.timeout(1500) }).then((answer) => answer.text());

  test("is what its user data says", async () => {
    expect(await ask("cloud-init status --wait >/dev/null; cloud-init status")).toBe("status: done");
    expect(await ask("hostname; cat /etc/written; ls /run/commanded; id --groups --name")).toBe(
      "first\nby user data\n/run/commanded\ndeploy docker",
    );
    expect(await ask("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub")).toBe(
      publicKeyOf(hostKey.private),
    );
    expect(await ask("systemctl is-system-running; id --user", first, "root")).toMatch(
      /^(running|degraded)\n0$/,
    );
  });

  test("has a container engine of its own, whose containers are served at its address", async () => {
    await publish();
    expect(await page(first.droplet.address)).toBe("hello\n");
  });

  test("reaches the world and nothing beyond", async () => {
    const { gateway } = droplets.platform;
    const server = createServer((_, response) => response.end("the world"));
    await new Promise<void>((resolve) => server.listen(0, gateway, resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await ask(`curl --silent --max-time 2 http://${gateway}:${port}/`)).toBe("the world");
    const { code } = await droplets.ask(first, "curl --silent --max-time 2 http://192.0.2.1/");
    expect(code).not.toBe(0);
  });

  test("says how often somebody came", async () => {
    await sleep(300);
    const before = await first.sessions();
    await ask("true");
    await until(async () => (await first.sessions()).execs > before.execs);
    const after = await first.sessions();
    expect([after.logins - before.logins, after.execs - before.execs]).toEqual([1, 1]);
    expect(after.connections - before.connections).toBe(1);
  });

  test("serves at a reserved address, also when it comes from another host", async () => {
    const address = droplets.platform.allocateAddress("reserved");
    await droplets.platform.assignAddress(second.droplet.id, address);
    expect((await droplets.ask(second, "hostname", "deploy", address)).stdout).toBe("second\n");
    await droplets.platform.assignAddress(first.droplet.id, address);
    expect((await droplets.ask(first, "hostname", "deploy", address)).stdout).toBe("first\n");
    expect(await page(address)).toBe("hello\n");
    await droplets.platform.unassignAddress(address);
    await expect(connectTime(address)).rejects.toMatchObject(nobody);
  });

  test(
    "is gone without power, and back with its files, addresses and containers",
    async () => {
      const reserved = droplets.platform.allocateAddress("reserved");
      await droplets.platform.assignAddress(first.droplet.id, reserved);
      await ask("echo kept >kept; sync");
      const id = await ask("cat /etc/machine-id");
      await first.powerOff();
      await expect(connectTime(first.droplet.address)).rejects.toMatchObject(nobody);
      await first.powerOff();
      await first.powerOn();
      expect(await ask("cat kept /etc/machine-id")).toBe(`kept\n${id}`);
      expect(
        await until(() =>
          page(reserved).then(
            () => true,
            () => false,
          ),
        ),
      ).toBe(true);
    },
    long,
  );

  test(
    "that is cut off answers nobody, also after a power cycle, until it is reconnected",
    async () => {
      await first.cutOff();
      await first.cutOff();
      for (const port of [22, 80])
        await expect(connectTime(first.droplet.address, port)).rejects.toMatchObject({
          name: "NoConnection",
        });
      await first.powerOff();
      await first.powerOn();
      await expect(connectTime(first.droplet.address)).rejects.toMatchObject({ name: "NoConnection" });
      await first.reconnect();
      expect(
        await until(() =>
          connectTime(first.droplet.address).then(
            () => true,
            () => false,
          ),
        ),
      ).toBe(true);
      expect(await ask("hostname")).toBe("first");
    },
    long,
  );

  test(
    "with a slow link answers later by twice as much as each way takes",
    async () => {
      const { address } = first.droplet;
      await until(() =>
        page(address).then(
          () => true,
          () => false,
        ),
      );
      await first.slowDown(40);
      for (const port of [22, 80]) {
        const took = Math.min(await connectTime(address, port), await connectTime(address, port));
        expect(took).toBeGreaterThanOrEqual(79);
        expect(took).toBeLessThan(160);
      }
      expect(await page(address)).toBe("hello\n");
      expect(await ask("head --bytes 2000000 /dev/zero | wc --bytes")).toBe("2000000");
      await first.slowDown(100);
      expect(await connectTime(address)).toBeGreaterThanOrEqual(199);
      await first.speedUp();
      expect(await connectTime(address)).toBeLessThan(79);
    },
    long,
  );

  test("with a full disk can write nothing, until there is space again", async () => {
    await first.fillDisk();
    const { code, stderr } = await droplets.ask(first, "echo more >more");
    expect([code, stderr]).toEqual([1, expect.stringContaining("No space left on device")]);
    expect(await ask("docker run --rm page:1 /usr/bin/busybox true; echo $?")).not.toBe("0");
    await first.freeDisk();
    expect(await ask("echo more >more; cat more; docker run --rm page:1 /usr/bin/busybox echo runs")).toBe(
      "more\nruns",
    );
  });

  test("refuses to have another time than its machine", () => {
    expect(() => first.skewClock()).toThrow(expect.objectContaining({ code: "FaultUnsupported" }));
  });

  test("is refused twice, and unknown once it is destroyed", async () => {
    await expect(droplets.platform.boot(first.droplet)).rejects.toMatchObject({ code: "HostExists" });
    await droplets.platform.destroy(second.droplet.id);
    expect(() => droplets.platform.host("second")).toThrow(expect.objectContaining({ code: "HostUnknown" }));
    await expect(connectTime(second.droplet.address)).rejects.toMatchObject(nobody);
  });
});

const listed = z.array(z.unknown());

/** How much of a world there still is. */
async function remains(api: DockerApi, world: string): Promise<number> {
  const filter = withLabel(worldLabel, world);
  const lists = await Promise.all([
    api.read(listed, { method: "GET", path: `/containers/json?all=1&${filter}` }),
    api.read(listed, { method: "GET", path: `/networks?${filter}` }),
  ]);
  return lists.flat().length;
}

/** A world with one host, in a process that is going to be killed. */
const doomed = `
  const { Droplets } = await import(${JSON.stringify(new URL("droplets.ts", import.meta.url).href)});
  const droplets = await Droplets.start();
  await droplets.boot("orphan");
  process.stdout.write(JSON.stringify({ world: droplets.platform.world, directory: droplets.directory }));
  setInterval(() => undefined, 60_000);
`;

describe("a world", () => {
  const gone = { network: [], firewall: [], mounts: [], loops: [] };

  test("leaves the machine as it was", { timeout: long }, async () => {
    const before = forwarding();
    await using droplets = await Droplets.start();
    const host = await droplets.boot("only");
    await host.slowDown(10);
    const traces = new Traces(droplets.platform, droplets.directory);
    expect(Object.values(traces.find()).filter((found) => found.length === 0)).toEqual([]);
    await droplets[Symbol.asyncDispose]();
    expect(traces.find()).toEqual(gone);
    expect(forwarding()).toEqual(before);
  });

  test("whose process was killed is removed by the next; one that lives is not", {
    timeout: long,
  }, async () => {
    const api = await DockerApi.connect(engineSocket(process.env));
    const child = spawn(process.execPath, ["--input-type=module", "--eval", doomed], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const { world, directory } = z
      .object({ world: z.string(), directory: z.string() })
      .parse(JSON.parse(said.toString()));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    expect(await removeLeftovers(api, thisOwner())).not.toContain(world);
    expect(await remains(api, world)).toBe(2);
    child.kill("SIGKILL");
    await once(child, "exit");
    // Another world that starts meanwhile may be the one that does it.
    await removeLeftovers(api, thisOwner());
    expect(await until(async () => (await remains(api, world)) === 0)).toBe(true);
    expect(await until(async () => readdirSync(join(directory, "hosts")).length === 0)).toBe(true);
  });
});

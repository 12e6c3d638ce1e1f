/** Certificates on a host with systemd, haproxy and the real client of authorities. */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AcmeAuthority, startAcme } from "../../../../rehearsal/acme/server.ts";
import type { ContainerHosts } from "../../../../rehearsal/host/container/container-hosts.ts";
import { startWorld, type World } from "../../../../rehearsal/world/world.ts";
import { deploy } from "../../../../src/automation/promote.ts";
import { actor, pulumi } from "../../../journeys/stage.ts";
import { configure, present } from "../../../journeys/strategies.ts";
import { run } from "../ssh.ts";
import { onContainers, whyNot } from "./enabled.ts";

onContainers();

const long = 480_000;
const names = ["example.com", "www.example.com"];

let world: World<ContainerHosts>;
let authority: AcmeAuthority;

beforeAll(async () => {
  if (whyNot !== undefined) return;
  const directory = mkdtempSync(join(tmpdir(), "liftlock-acme-"));
  world = await startWorld({
    directory,
    hosts: 1,
    health: { timeout: 60, window: 0 },
    strategy: { type: "blueGreen" },
    platform: "containers",
  });
  Object.assign(process.env, world.environment);
  authority = await startAcme({
    faults: world.faults,
    names: {
      resolve: (name) => (names.includes(name) ? [host().droplet.address] : []),
      port: world.ports.http,
    },
    address: world.hosts.gateway,
  });
  // The story's helpers know simulated hosts; of the world they need what both kinds have.
  configure(world as unknown as World, (config) => {
    const { directory, transportRoot: root } = authority;
    const acme = { email: "operators@example.com", directory, root };
    config["liftlock:edge"] = { ...config["liftlock:edge"], tls: { acme } };
    config["liftlock:health"] = { ...config["liftlock:health"], paths: ["/healthz"] };
    config["liftlock:fleet"] = { ...config["liftlock:fleet"], ports: [world.ports.http, 443] };
  });
  const up = ["up", "--yes", "--skip-preview", "--stack", "production"];
  const { exit, output } = await pulumi(world as unknown as World, up);
  expect([exit, exit === 0 ? "" : output]).toEqual([0, ""]);
}, long);

afterAll(async () => {
  await authority?.close();
  await world?.[Symbol.asyncDispose]();
  if (world) rmSync(world.directory, { recursive: true, force: true });
}, long);

const host = () => present(world.hosts.hosts.find(({ name }) => name.includes("-production-")));

/** Runs a command on the host. */
async function ask(command: string, user = "root"): Promise<string> {
  const { privateKey } = world.secrets.production;
  const target = { address: host().droplet.address, port: world.ports.ssh, user, privateKey };
  const { code, stdout, stderr } = await run(target, command);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

/** The certificate that the host shows to somebody who trusts the authority. */
const shown = () =>
  new Promise<X509Certificate>((resolve, reject) => {
    const options = {
      host: host().droplet.address,
      port: 443,
      servername: "www.example.com",
      ca: authority.root,
    };
    const socket = connect(options, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
    socket.once("error", reject);
  });

/** Process number of what serves at the edge. */
const worker = () =>
  ask("echo 'show info' | socat - UNIX-CONNECT:/run/liftlock-edge/admin.sock | sed -n 's/^Pid: /pid /p'");

test(
  "the first deployment brings a certificate, and the timer's service another one when it is due",
  async () => {
    // A tenth of its life is left.
    authority.lifetime = { from: -81, until: 9 };
    const release = await world.release("1.0.0", "1111111");
    const { context } = actor(world as unknown as World);
    const result = await deploy(context, { environment: "production", release, allow: [] });
    expect([result.reason, result.status]).toEqual([undefined, "Completed"]);
    const first = await shown();
    expect(first.subjectAltName).toBe("DNS:example.com, DNS:www.example.com");
    expect(await ask("systemctl is-active liftlock-certificates.timer")).toBe("active");
    const before = await worker();
    expect(before).toMatch(/^pid \d+$/);
    authority.lifetime = { from: 0, until: 90 };
    await ask("systemctl start liftlock-certificates.service");
    const second = await shown();
    expect(second.serialNumber).not.toBe(first.serialNumber);
    expect(second.validToDate.getTime() - Date.now()).toBeGreaterThan(89 * 86_400_000);
    // The edge took it over as it ran, without a reload.
    expect(await worker()).toBe(before);
    // It is not asked again.
    const asked = authority.requests.all().length;
    await ask("systemctl start liftlock-certificates.service");
    expect(authority.requests.all().length).toBe(asked);
    expect(authority.requests.all()[0]?.agent).toMatch(/^dehydrated\/0\.7\.\d+ curl/);
    expect(await ask("stat -c '%a %U' /home/liftlock/liftlock/edge/tls.pem")).toBe("600 liftlock");
  },
  long,
);

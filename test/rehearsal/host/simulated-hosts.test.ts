import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFailure } from "../../../rehearsal/host/failure.ts";
import type { DropletSpec } from "../../../rehearsal/host/platform.ts";
import { newKeyPair } from "../../../rehearsal/host/ssh/keys.ts";
import { ConnectionCut, connect, execute, run } from "./ssh.ts";
import { runScript, startWorld, userData, type World } from "./world.ts";

let world: World;

beforeEach(async () => {
  world = await startWorld();
});

afterEach(() => world.close());

const droplet = (more: Partial<DropletSpec> = {}): DropletSpec => ({
  id: 100,
  name: "web",
  address: world.hosts.allocateAddress("droplet"),
  userData: userData(),
  sshKeys: [],
  tags: [],
  ...more,
});

async function boot(more: Partial<DropletSpec> = {}) {
  await world.hosts.boot(droplet(more));
  return world.hosts.host("web");
}

/** The host key that a client gets to see. */
async function offeredHostKey(address: string): Promise<string> {
  const client = new ssh2.Client();
  return new Promise((resolve) => {
    client.on("error", () => {});
    client.connect({
      host: address,
      port: world.sshPort,
      username: "deploy",
      hostVerifier: (key: Buffer) => {
        resolve(`ssh-ed25519 ${key.toString("base64")}`);
        return false;
      },
    });
  });
}

describe("boot", () => {
  it("gives the host the key in its user data", async () => {
    const { private: secret, public: known } = newKeyPair();
    const indented = secret.trim().replaceAll("\n", "\n    ");
    const host = await boot({ userData: `${userData()}ssh_keys:\n  ed25519_private: |\n    ${indented}\n` });
    expect(await offeredHostKey(host.droplet.address)).toBe(known.trim().split(" ").slice(0, 2).join(" "));
    expect(host.cloudInit).toEqual({ status: "done", errors: [] });
  });

  it("writes files below homes and records the others", async () => {
    const files = `write_files:
  - { path: /home/deploy/a/b.txt, content: hello, permissions: "0600" }
  - { path: /home/deploy/c, content: aGVsbG8=, encoding: b64 }
  - { path: /home/deploy/../../etc/passwd, content: x }
  - { path: /etc/motd, content: x }
`;
    const host = await boot({ userData: userData() + files });
    const ran = await run(world.target(host), "cat a/b.txt c; stat -c %a a/b.txt");
    expect(ran.stdout).toBe("hellohello600\n");
    expect(host.unwrittenFiles).toEqual(["/home/deploy/../../etc/passwd", "/etc/motd"]);
  });

  it("comes up with root's keys alone when the user data is malformed", async () => {
    const { privateKey } = world.target(await world.boot("other"));
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) throw parsed;
    const sshKeys = [`ssh-ed25519 ${parsed.getPublicSSH().toString("base64")}`];
    const host = await boot({ userData: "#cloud-config\nusers: [{name: deploy", sshKeys });
    expect(host.cloudInit.status).toBe("error");
    const ran = await run(world.target(host, "root"), "cloud-init status --wait");
    expect(ran).toMatchObject({ code: 1, stdout: "status: error\n" });
    await expect(connect(world.target(host, "deploy"))).rejects.toMatchObject({
      level: "client-authentication",
    });
  });

  it("refuses a number twice", async () => {
    await boot();
    await expect(world.hosts.boot(droplet())).rejects.toMatchObject({ code: "HostExists" });
  });

  it("says what to do when the address cannot be bound", async () => {
    const refused = world.hosts.boot(droplet({ address: "192.0.2.1" }));
    await expect(refused).rejects.toBeInstanceOf(HostFailure);
    await expect(refused).rejects.toMatchObject({ code: "AddressUnavailable", hint: expect.any(String) });
    expect(world.hosts.hosts).toEqual([]);
  });
});

describe("SSH", () => {
  it("refuses other keys, other users and passwords", async () => {
    const target = world.target(await boot());
    const stranger = newKeyPair().private;
    const refused = { level: "client-authentication" };
    await expect(connect({ ...target, privateKey: stranger })).rejects.toMatchObject(refused);
    await expect(connect({ ...target, user: "root" })).rejects.toMatchObject(refused);
    await expect(connect({ ...target, user: "nobody" })).rejects.toMatchObject(refused);
    expect(world.hosts.host("web").sessions).toEqual({ logins: 0, execs: 0 });
  });

  it("refuses shells, subsystems and forwarding", async () => {
    const client = await connect(world.target(await boot()));
    const failure = (ask: (done: (error: Error | undefined) => void) => void) =>
      new Promise<string>((resolve) => ask((error) => resolve(error?.message ?? "granted")));
    expect(await failure((done) => client.shell(done))).not.toBe("granted");
    expect(await failure((done) => client.sftp(done))).not.toBe("granted");
    expect(await failure((done) => client.forwardOut("127.0.0.1", 1, "127.0.0.1", 2, done))).not.toBe(
      "granted",
    );
    client.end();
  });

  it("starts commands at home with a clean environment", async () => {
    process.env.SECRET_OF_THE_OUTER_WORLD = "1";
    const host = await boot();
    const ran = await run(world.target(host), "pwd; env | cut -d = -f 1 | sort | tr '\\n' ' '");
    delete process.env.SECRET_OF_THE_OUTER_WORLD;
    expect(ran.stdout).toBe(
      `${host.home("deploy")}\nHOME LOGNAME PATH PWD SHELL SSH_CONNECTION TMPDIR USER `,
    );
  });

  it("passes input, output, exit codes and signals", async () => {
    const target = world.target(await boot());
    expect(await run(target, "wc -c; echo bad >&2; exit 7", "x".repeat(300_000))).toMatchObject({
      code: 7,
      stdout: "300000\n",
      stderr: "bad\n",
    });
    const big = await run(
      target,
      "head -c 5000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2",
    );
    expect([big.stdout.length, big.stderr.length]).toEqual([5_000_000, 3_000_000]);
    expect(await run(target, "kill -TERM $$")).toMatchObject({ code: null, signal: "SIGTERM" });
    expect((await run(target, "no-such-program")).code).toBe(127);
  });

  it("does not wait for input that the command does not read", async () => {
    const ran = await run(world.target(await boot()), "echo done", "x".repeat(1_000_000));
    expect(ran).toMatchObject({ code: 0, stdout: "done\n" });
  });
});

describe("power", () => {
  it("cuts everything at once and keeps the files", async () => {
    const host = await boot();
    const { id, address } = host.droplet;
    await run(world.target(host), "echo kept >file");
    const client = await connect(world.target(host));
    const waiting = execute(client, "sleep 60").catch((cause: unknown) => cause);
    await expect.poll(() => host.runningScripts).toBe(1);
    await world.hosts.powerOff(id);
    expect(await waiting).toBeInstanceOf(ConnectionCut);
    expect([host.on, host.runningScripts]).toEqual([false, 0]);
    await expect(connect(world.target(host))).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await world.hosts.powerOn(id);
    expect((await run(world.target(host), "cat file")).stdout).toBe("kept\n");
    expect(await offeredHostKey(address)).toBe(host.hostKey);
  });

  it("ends what a script started in a process group of its own", async () => {
    const host = await boot();
    const waiting = run(world.target(host), "timeout 60 sh -c 'echo $$ >pid; sleep 60'").catch(
      () => undefined,
    );
    const pid = () => readFile(join(host.home("deploy"), "pid"), "utf8").then(Number, () => 0);
    await expect.poll(pid).toBeGreaterThan(0);
    const inner = await pid();
    await world.hosts.powerOff(host.droplet.id);
    await waiting;
    // A dead process that nobody has asked about is still listed, without a command.
    const command = () => readFile(`/proc/${inner}/cmdline`, "utf8").catch(() => "");
    await expect.poll(command).toBe("");
  });

  it("brings back what is to run, and not what was stopped on purpose", async () => {
    const images = await world.publish("1.0.0");
    const host = await boot();
    await runScript(world, host, "deploy", { images });
    await run(world.target(host), "docker stop shop-docs-1");
    await world.hosts.powerOff(host.droplet.id);
    await world.hosts.powerOn(host.droplet.id);
    const states = Object.fromEntries(
      host.engine.containers().map(({ spec, status }) => [spec.name, status]),
    );
    expect(states).toMatchObject({ "shop-api-1": "running", "shop-docs-1": "exited" });
  });

  it("leaves nothing of a destroyed host", async () => {
    const host = await boot();
    const folder = join(host.home("root"), "..");
    expect(await readdir(folder)).toContain("bin");
    await world.hosts.destroy(host.droplet.id);
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(connect(world.target(host))).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(() => world.hosts.host("web")).toThrow(HostFailure);
  });
});

describe("reserved addresses", () => {
  it("serve what their host publishes, now and later, and move", async () => {
    const images = await world.publish("1.0.0");
    const [first, second] = [await world.boot("one"), await world.boot("two")];
    const reserved = world.hosts.allocateAddress("reserved");
    const headers = { connection: "close" };
    const version = async () => (await fetch(`http://${reserved}:18080/api/version`, { headers })).json();
    await world.hosts.assignAddress(first.droplet.id, reserved);
    await runScript(world, first, "deploy", { images });
    expect(await version()).toMatchObject({ version: "1.0.0" });
    await runScript(world, second, "deploy", { images: await world.publish("1.1.0") });
    await world.hosts.assignAddress(second.droplet.id, reserved);
    expect(await version()).toMatchObject({ version: "1.1.0" });
    await world.hosts.unassignAddress(reserved);
    await expect(version()).rejects.toThrow("fetch failed");
  });
});

describe("many hosts", () => {
  it("deploy side by side, each with its own requests", async () => {
    const images = await world.publish("1.0.0");
    const hosts = await Promise.all(Array.from({ length: 8 }, (_, index) => world.boot(`shop-${index}`)));
    const ran = await Promise.all(
      hosts.map((host) => runScript(world, host, "deploy", { images, wait: 30 })),
    );
    expect(ran.map(({ code }) => code)).toEqual(hosts.map(() => 0));
    expect(world.registry.requests.count(/manifests/)).toBe(8 * 5);
    const [one, two] = hosts;
    expect(one?.engine.containers()[0]?.id).not.toBe(two?.engine.containers()[0]?.id);
  });
});

describe("close", () => {
  it("ends scripts, listeners and files", async () => {
    const host = await boot();
    const waiting = run(world.target(host), "sleep 60 & sleep 60; wait").catch((cause: unknown) => cause);
    await expect.poll(() => host.runningScripts).toBe(1);
    await world.hosts.close();
    expect(await waiting).toBeInstanceOf(Error);
    expect(host.runningScripts).toBe(0);
    await expect(readFile(join(host.home("root"), "../bin/docker"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

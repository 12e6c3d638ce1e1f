import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { command } from "../../../../rehearsal/engine/providers/command/package.ts";
import { goQuote, trimmed } from "../../../../rehearsal/engine/providers/command/quote.ts";
import type { ResourceType } from "../../../../rehearsal/engine/providers/provider.ts";
import { contextWith } from "./context.ts";
import { type SshServer, sshServer } from "./ssh-server.ts";

beforeEach(() => vi.stubEnv("LIFTLOCK_REHEARSAL_PACE", "0.01"));
afterEach(() => vi.unstubAllEnvs());

const type = (kind: "local" | "remote"): ResourceType =>
  command.resources[`command:${kind}:Command`] ?? expect.fail(kind);
const context = () => contextWith({});
const to = (server: SshServer) => ({
  host: "127.0.0.1",
  port: server.port,
  user: "root",
  privateKey: server.clientKey,
  hostKey: server.hostKey,
});

test("scripts are quoted as Go does", () => {
  expect(goQuote('echo "a\\b"\n\t\u0001é')).toBe('"echo \\"a\\\\b\\"\\n\\t\\x01é"');
  expect([trimmed("a\n\n"), trimmed("a")]).toEqual(["a\n", "a"]);
});

describe("a remote command", () => {
  test("runs its script as the command of one session of one connection, with its standard input", async () => {
    await using server = await sshServer();
    const said: string[] = [];
    const inputs = {
      connection: to(server),
      create: 'read x; echo "got $x"; echo warn >&2',
      stdin: "attempt=7\n",
    };
    const made = await type("remote").create(inputs, contextWith({}, said));
    expect(made.outputs).toMatchObject({ stdout: "got attempt=7", stderr: "warn" });
    expect(made.id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(server.commands).toEqual([inputs.create]);
    expect(server.connections()).toBe(1);
    expect(said.sort()).toEqual(["got attempt=7", "warn"]);
  });

  test("says nothing of what it prints when told so", async () => {
    await using server = await sshServer();
    const said: string[] = [];
    await type("remote").create(
      { connection: to(server), create: "echo hush", logging: "none" },
      contextWith({}, said),
    );
    expect(said).toEqual([]);
  });

  test("updates with its update script, or with create; deletes with delete", async () => {
    await using server = await sshServer();
    const inputs = { connection: to(server), create: "echo c", update: "echo u", delete: "echo d" };
    const said: string[] = [];
    const outputs = await type("remote").update?.(
      "id",
      inputs,
      { ...inputs, stdout: "before" },
      contextWith({}, said),
    );
    expect(outputs).toMatchObject({ stdout: "u" });
    expect(said[0]).toContain("Unable to set 'PULUMI_COMMAND_STDOUT'");
    const { update: _update, ...without } = inputs;
    await type("remote").update?.("id", { ...without, addPreviousOutputInEnv: false }, inputs, context());
    await type("remote").delete?.("id", inputs, context());
    expect(server.commands).toEqual(["echo u", "echo c", "echo d"]);
  });

  test("fails in the words of the real provider", async () => {
    await using server = await sshServer();
    const inputs = { connection: to(server), create: 'echo out; echo "err" >&2; exit 7' };
    await expect(type("remote").create(inputs, context())).rejects.toThrow(
      /^Process exited with status 7: running "echo out; echo \\"err\\" >&2; exit 7":\n(out\nerr\n|err\nout\n)$/,
    );
    const killed = type("remote").create({ connection: to(server), create: "kill -TERM $$" }, context());
    await expect(killed).rejects.toThrow(/^Process exited with status \d+ from signal TERM: running "kill/);
  });

  test("whose connection breaks has no exit status", async () => {
    await using server = await sshServer();
    const create = type("remote").create({ connection: to(server), create: "sleep 5" }, context());
    const broken = vi
      .waitUntil(() => server.commands.length > 0, { timeout: 15_000 })
      .then(() => server.breakConnections());
    await expect(create).rejects.toThrow(
      /^wait: remote command exited without exit status or exit signal: running "sleep 5"/,
    );
    await broken;
  });

  test("dials again while the host does not answer, as often as it may", async () => {
    await using server = await sshServer(2);
    await type("remote").create({ connection: to(server), create: "true" }, context());
    expect(server.connections()).toBe(3);
    const nobody = { ...to(server), port: 1, dialErrorLimit: 3 };
    await expect(type("remote").create({ connection: nobody, create: "true" }, context())).rejects.toThrow(
      /^after 3 failed attempts: .*ECONNREFUSED/,
    );
  });

  test("refuses a host with another key, and a server refuses an unknown client", async () => {
    await using server = await sshServer();
    await using other = await sshServer();
    const wrongHost = { ...to(server), hostKey: other.hostKey, dialErrorLimit: 1 };
    await expect(type("remote").create({ connection: wrongHost, create: "true" }, context())).rejects.toThrow(
      /host key mismatch/,
    );
    const wrongClient = { ...to(server), privateKey: other.clientKey, dialErrorLimit: 1 };
    await expect(
      type("remote").create({ connection: wrongClient, create: "true" }, context()),
    ).rejects.toThrow(/unable to authenticate/);
    expect(server.commands).toEqual([]);
  });

  test("cannot set variables that a server does not accept", async () => {
    await using server = await sshServer();
    const inputs = { connection: to(server), create: "true", environment: { TOKEN: "x" } };
    await expect(type("remote").create(inputs, context())).rejects.toThrow(/setenv failed.*AcceptEnv/s);
    expect(server.commands).toEqual([]);
  });

  test.each(["proxy", "agentSocketPath"])("refuses the connection option %s", async (option) => {
    const connection = { host: "127.0.0.1", [option]: {} };
    await expect(type("remote").create({ connection, create: "true" }, context())).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});

describe("a local command", () => {
  test("gets variables, standard input, a directory and what was printed before", async () => {
    const inputs = {
      create: "read x; echo $x $A $PULUMI_COMMAND_STDOUT; pwd",
      stdin: "in\n",
      environment: { A: "a" },
      dir: "/",
    };
    const outputs = await type("local").update?.("id", inputs, { stdout: "old" }, context());
    expect(outputs).toMatchObject({ stdout: "in a old\n/", stderr: "" });
  });

  test("fails with its status, its script and what it printed", async () => {
    await expect(type("local").create({ create: "echo no; exit 3" }, context())).rejects.toThrow(
      'exit status 3: running "echo no; exit 3":\nno\n',
    );
  });
});

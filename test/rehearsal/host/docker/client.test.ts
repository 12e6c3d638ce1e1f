import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Invocation, Reply } from "../../../../rehearsal/host/docker/call.ts";
import { answerScript, readInvocation } from "../../../../rehearsal/host/docker/client.ts";
import { DockerSocket, type Serve } from "../../../../rehearsal/host/docker/socket.ts";

const run = promisify(execFile);

describe("readInvocation", () => {
  it("reads arguments and environment, whatever is in them", () => {
    const text = fc.string().filter((one) => !one.includes("\0"));
    fc.assert(
      fc.property(fc.array(text), fc.dictionary(fc.stringMatching(/^[A-Z]+$/), text), (argv, environment) => {
        const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
        const sent = [["token", "/home", String(argv.length), ...argv, ...pairs, "", ""]].flat().join("\0");
        const read = readInvocation(sent);
        expect(read).toEqual({ token: "token", cwd: "/home", argv, environment: { ...environment } });
        for (let length = 0; length < sent.length; length += 1) {
          const early = readInvocation(sent.slice(0, length));
          expect(early).toBeUndefined();
        }
      }),
    );
  });
});

describe("the client", () => {
  let socket: DockerSocket;
  let serve: Serve;
  let folder: string;
  let program: string;
  let detach: () => void;

  beforeAll(async () => {
    socket = new DockerSocket();
    const attached = await socket.attach((call, gone) => serve(call, gone));
    ({ detach } = attached);
    folder = await mkdtemp(join(tmpdir(), "liftlock-client-"));
    program = join(folder, "docker");
    await writeFile(program, attached.script, { mode: 0o700 });
  });
  afterAll(async () => {
    await socket.close();
    await rm(folder, { recursive: true });
  });

  const docker = async (...argv: string[]): Promise<Reply> => {
    try {
      const options = { env: { PATH: "/usr/bin:/bin", A: "multi\nline 'quoted' $X" }, cwd: "/" };
      const { stdout, stderr } = await run(program, argv, options);
      return { stdout, stderr, exitCode: 0 };
    } catch (cause) {
      const { stdout, stderr, code } = cause as { stdout: string; stderr: string; code: number };
      return { stdout, stderr, exitCode: code };
    }
  };

  it("hands over the call and repeats the answer", async () => {
    let seen: Invocation | undefined;
    const reply = { stdout: "it's\n$HOME `x` \\n\n\n", stderr: "e'r'r\n", exitCode: 18 };
    serve = async (call) => {
      seen = call;
      return reply;
    };
    expect(await docker("ps", "", "a b", "--x='y'", "two\nlines")).toEqual(reply);
    expect(seen).toMatchObject({ cwd: "/", argv: ["ps", "", "a b", "--x='y'", "two\nlines"] });
    expect(seen?.environment).toMatchObject({ A: "multi\nline 'quoted' $X" });
  });

  it("copes with many calls at once", async () => {
    serve = async ({ argv }) => ({ stdout: `${argv[0]}\n`, stderr: "", exitCode: 0 });
    const replies = await Promise.all(Array.from({ length: 30 }, (_, index) => docker(String(index))));
    expect(replies.map(({ stdout }) => stdout)).toEqual(replies.map((_, index) => `${index}\n`));
  });

  it("prints much", async () => {
    const stdout = `${"x".repeat(99)}\n`.repeat(5000);
    serve = async () => ({ stdout, stderr: "", exitCode: 0 });
    expect((await docker("logs")).stdout).toBe(stdout);
  });

  it("tells the engine when it is killed", async () => {
    const gone = new Promise<string>((resolve) => {
      serve = (_, signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => resolve("gone"));
        });
    });
    const child = spawn(program, ["pull"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill("SIGTERM");
    expect(await gone).toBe("gone");
  });

  it("says that there is no engine", async () => {
    detach();
    expect(await docker("ps")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("error during connect"),
    });
  });
});

describe("answerScript", () => {
  it("ends with a code that a process can end with", () => {
    expect(answerScript({ stdout: "", stderr: "", exitCode: 300 })).toBe("\nexit 44\n");
  });
});

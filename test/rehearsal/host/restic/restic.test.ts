import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Faults } from "../../../../rehearsal/faults/faults.ts";
import type { Reply } from "../../../../rehearsal/host/docker/call.ts";
import type { Named } from "../../../../rehearsal/host/restic/repository.ts";
import { restic } from "../../../../rehearsal/host/restic/restic.ts";
import { keptSnapshots } from "../../../../rehearsal/host/restic/retention.ts";
import { type Storage, startStorage } from "../../../../rehearsal/storage/server.ts";

const directory = mkdtempSync(join(tmpdir(), "liftlock-restic-"));
const files = join(directory, "files");
const faults = new Faults();
const key = { id: "key", secret: "secret" };
let storage: Storage;

beforeAll(async () => {
  storage = await startStorage({ faults, key });
  mkdirSync(join(files, "below"), { recursive: true });
  writeFileSync(join(directory, "password"), "a password\n");
  writeFileSync(join(directory, "other"), "another\n");
  writeFileSync(join(files, "a"), "first");
  writeFileSync(join(files, "below", "b"), Buffer.from([0, 255, 7]), { mode: 0o600 });
});
afterAll(async () => {
  await storage.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Calls it for a repository of this name. */
function calling(name: string, password = "password") {
  return (argv: readonly string[], signal = new AbortController().signal): Promise<Reply> => {
    const environment = {
      RESTIC_REPOSITORY: `s3:${storage.url}/bucket/${name}`,
      RESTIC_PASSWORD_FILE: join(directory, password),
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
    };
    return restic({ argv, cwd: files, environment }, (path) => path, signal);
  };
}

const backup = ["backup", "--quiet", "--json", "--host", "h", "--tag", "liftlock", "."];
const restore = ["restore", "--verify", "latest", "--target"];

const dataOf = (name: string) =>
  [...(storage.buckets.get("bucket") ?? new Map<string, never>()).keys()].filter((each) =>
    each.startsWith(`${name}/data/`),
  );

describe("the stand-in for restic", () => {
  it("has no repository until one is made, once", async () => {
    const call = calling("made");
    expect((await call(["--no-lock", "cat", "config"])).stderr).toMatch(
      /bucket does not exist|key does not exist/,
    );
    expect((await call(["init"])).exitCode).toBe(0);
    expect((await call(["init"])).stderr).toContain("config file already exists");
    expect((await call(["--no-lock", "cat", "config"])).exitCode).toBe(0);
  });

  it("gives back what was backed up, and stores it once", async () => {
    const call = calling("whole");
    await call(["init"]);
    const first = JSON.parse((await call(backup)).stdout) as { data_added: number };
    const second = JSON.parse((await call(backup)).stdout) as { data_added: number };
    expect([first.data_added, second.data_added]).toEqual([8, 0]);
    const out = join(directory, "out");
    expect(await call([...restore, out])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(out, "below", "b"))).toEqual(Buffer.from([0, 255, 7]));
    expect(readFileSync(join(out, "a"), "utf8")).toBe("first");
  });

  it("opens with its password only", async () => {
    await calling("locked")(["init"]);
    expect((await calling("locked", "other")(backup)).stderr).toContain("wrong password");
  });

  it.each(["lost", "changed"])("says what is %s, when restoring and when checking", async (how) => {
    const call = calling(how);
    await call(["init"]);
    await call(backup);
    const bucket = storage.buckets.get("bucket");
    for (const name of dataOf(how)) {
      const object = bucket?.get(name);
      if (how === "lost" || !object) bucket?.delete(name);
      else bucket?.set(name, { ...object, bytes: Buffer.from(object.bytes.map((byte) => byte ^ 1)) });
    }
    expect((await call([...restore, join(directory, how)])).exitCode).toBe(1);
    const checked = await call(["check", "--read-data-subset", "5%"]);
    expect(checked).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("repository contains errors"),
    });
  });

  it("leaves its lock when it is killed, until it is taken away", async () => {
    const call = calling("killed");
    await call(["init"]);
    const killed = new AbortController();
    faults.add({
      part: "storage",
      match: "^PUT /bucket/killed/data",
      action: { kind: "delay", milliseconds: 5_000 },
    });
    const running = call(backup, killed.signal);
    await expect.poll(() => faults.history.length).toBeGreaterThan(0);
    // One that runs keeps its lock.
    await call(["unlock"]);
    expect((await call(backup)).stderr).toContain("already locked");
    killed.abort();
    await running;
    expect((await call(backup)).stderr).toContain("already locked");
    expect((await call(["unlock"])).exitCode).toBe(0);
    expect((await call(backup)).exitCode).toBe(0);
  });

  it.each([["mount"], ["backup", "--json", "/etc"], ["--verbose", "cat", "config"], ["forget", "--prune"]])(
    "refuses what it does not know: %s",
    async (...argv) => {
      await calling("refusing")(["init"]);
      const { exitCode, stderr } = await calling("refusing")(argv);
      expect(exitCode).toBe(1);
      expect(stderr).toContain("does not support");
    },
  );
});

describe("snapshots that stay", () => {
  const taken = (time: string): Named => ({
    id: time,
    time,
    hostname: "h",
    username: "u",
    paths: [],
    tags: [],
    files: [],
  });

  it("are the last of each day, week and month", () => {
    const times = [
      "2026-01-31T10:00:00Z",
      "2026-02-28T10:00:00Z",
      "2026-03-01T10:00:00Z",
      "2026-03-02T08:00:00Z",
      "2026-03-02T10:00:00Z",
      "2026-03-03T10:00:00Z",
    ];
    const kept = (daily: number, weekly: number, monthly: number) =>
      [...keptSnapshots(times.map(taken), { daily, weekly, monthly })]
        .sort()
        .map((time) => time.slice(5, 13));
    expect(kept(2, 0, 0)).toEqual(["03-02T10", "03-03T10"]);
    // Weeks end on Sunday: the 1st of March 2026 is one.
    expect(kept(0, 2, 0)).toEqual(["03-01T10", "03-03T10"]);
    const recent = keptSnapshots(times.map(taken), { daily: 0, weekly: 0, monthly: 0, within: 86_400_001 });
    expect([...recent].sort().map((time) => time.slice(5, 13))).toEqual(["03-02T10", "03-03T10"]);
    expect(kept(0, 0, 3)).toEqual(["01-31T10", "02-28T10", "03-03T10"]);
  });
});

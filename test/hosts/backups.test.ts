import { describe, expect, it } from "vitest";
import { parseSnapshots } from "../../src/hosts/backupFacts.ts";
import { type BackupHost, HostBackups } from "../../src/hosts/backups.ts";
import { Failure } from "../../src/release/failure.ts";

/** A host that answers with these lines, and remembers what it was asked. */
function answering(stdout: string, status = 0): { host: BackupHost; asked: string[] } {
  const asked: string[] = [];
  const askFirst: BackupHost["askFirst"] = async (script, stdin) => {
    asked.push(`${script}: ${stdin.trim().split("\n").join(", ")}`);
    return { host: "shop-production-1", status, stdout, stderr: "" };
  };
  return { host: { askFirst }, asked };
}

const backups = (stdout: string, status?: number) =>
  new HostBackups(answering(stdout, status).host, "shop", "production");

const code = async (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (thrown: unknown) => (thrown instanceof Failure ? thrown.code : String(thrown)),
  );

const stored = "snapshot 53ccedb7\nat 1767225600\nbytes 5241\nadded 17\nseconds 3\n";

describe("backups of a host", () => {
  it("are asked for by verb, with the application's name", async () => {
    const { host, asked } = answering(stored);
    await new HostBackups(host, "shop", "production").take();
    await code(new HostBackups(host, "shop", "production").drill("53ccedb7"));
    expect(asked).toEqual(["backup: app shop, verb now", "backup: app shop, verb drill, argument 53ccedb7"]);
  });

  it("tell of a backup that was taken, with what people should know", async () => {
    expect(await backups(`${stored}warning old snapshots could not be removed: x\n`).take()).toEqual({
      snapshot: "53ccedb7",
      at: new Date("2026-01-01T00:00:00Z"),
      bytes: 5241,
      added: 17,
      seconds: 3,
      warnings: ["old snapshots could not be removed: x"],
    });
  });

  it.each([
    ["failed DrillFailed pg_restore of shop failed\n", "DrillFailed"],
    ["snapshot 53ccedb7\nfailed BackupMissing there is no backup\n", "BackupMissing"],
    ["failed BackupFailed it was ended (status 143)\n", "BackupFailed"],
    // Not a word that the program says: it is not believed to be one of its own.
    ["failed Vetoed whatever\n", "HostUnreachable"],
    ["", "HostUnreachable"],
  ])("%j with status 1 is %s", async (stdout, expected) => {
    expect(await code(backups(stdout, 1).drill())).toBe(expected);
  });

  it.each([
    "",
    "snapshot 53ccedb7\n",
    stored.replace("5241", "many"),
    stored.replace("at 1767225600", "at yesterday"),
    stored.replace("at 1767225600", "at 99999999999999999999"),
  ])("lines of another form are refused: %j", async (stdout) => {
    expect(await code(backups(stdout).take())).toBe("HostUnreachable");
  });

  it("are remembered by the host", async () => {
    const lines = [
      ...stored
        .trim()
        .split("\n")
        .map((line) => `last ${line}`),
      "failure 1767229200 BackupFailed the storage does not answer",
      'drilled 1767229200 53ccedb7 failed DrillFailed the check of shop answered "0"',
    ];
    expect(await backups(`${lines.join("\n")}\n`).memory()).toEqual({
      last: expect.objectContaining({ snapshot: "53ccedb7", bytes: 5241 }),
      failure: {
        at: new Date("2026-01-01T01:00:00Z"),
        code: "BackupFailed",
        message: "the storage does not answer",
      },
      drilled: {
        at: new Date("2026-01-01T01:00:00Z"),
        snapshot: "53ccedb7",
        passed: false,
        message: 'DrillFailed the check of shop answered "0"',
      },
    });
    expect(await backups("").memory()).toEqual({});
  });

  it("prove what a drill restored", async () => {
    const lines =
      "snapshot 53ccedb7\nfiles 6\ndatabase postgres shop 12\nvolume files 40\nat 1767225600\nseconds 9\n";
    expect(await backups(lines).drill()).toEqual({
      snapshot: "53ccedb7",
      at: new Date("2026-01-01T00:00:00Z"),
      files: 6,
      databases: [{ service: "postgres", name: "shop", tables: 12 }],
      volumes: [{ name: "files", entries: 40 }],
      seconds: 9,
    });
    expect(await code(backups(lines.replace("shop 12", "shop many")).drill())).toBe("HostUnreachable");
  });
});

describe("snapshots", () => {
  const one = { id: "53ccedb79c9030fe", time: "2026-01-01T00:00:00.5+01:00", tags: ["liftlock"] };

  it("are listed newest first, with what their tags say is in them", () => {
    const later = {
      ...one,
      time: "2026-01-02T00:00:00Z",
      tags: ["liftlock", "bytes=12", "release=1.4.0", "database=postgres.shop", "volume=files"],
    };
    expect(parseSnapshots("host", JSON.stringify([one, later]))).toEqual([
      {
        id: one.id,
        at: new Date(later.time),
        bytes: 12,
        release: "1.4.0",
        databases: ["postgres.shop"],
        volumes: ["files"],
      },
      { id: one.id, at: new Date(one.time), databases: [], volumes: [] },
    ]);
  });

  // restic 0.14 says null where there are none.
  it.each(["null", "[]"])("are none: %s", (text) => {
    expect(parseSnapshots("host", text)).toEqual([]);
  });

  it.each(["", "{}", '[{"id":"../x","time":"2026-01-01T00:00:00Z"}]', '[{"id":"53ccedb79c","time":"soon"}]'])(
    "of another form are refused: %j",
    (text) => {
      expect(() => parseSnapshots("host", text)).toThrow(
        expect.objectContaining({ code: "HostUnreachable" }),
      );
    },
  );
});

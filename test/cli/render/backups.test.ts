import { describe, expect, it } from "vitest";
import { backupsText, backupText, drillText, restoreText } from "../../../src/cli/render/backups.ts";

const at = new Date("2026-01-07T02:30:00Z");
const now = new Date("2026-01-07T12:30:00Z");
const environment = "production";
const snapshot = "53ccedb79c9030fe";

describe("backups, as people see them", () => {
  it("a backup, and what to type next", () => {
    expect(backupText({ environment, snapshot, at, bytes: 5_241_000, added: 17_000, seconds: 3 })).toBe(
      [
        "production is backed up: snapshot 53ccedb7, 5.2 MB, of which 17 kB were new, in 3.0 s.",
        "Does it restore? liftlock drill production",
      ].join("\n"),
    );
  });

  it("all of them, with what is wrong", () => {
    const one = {
      id: snapshot,
      at,
      bytes: 5_241_000,
      release: "1.4.0",
      databases: ["postgres.shop"],
      volumes: ["files"],
    };
    const text = backupsText(
      {
        environment,
        snapshots: [one, { id: "0000000011", at, databases: [], volumes: [] }],
        drilled: { at, snapshot, passed: false, message: "no archive" },
        problems: ["the last drill failed: no archive"],
      },
      now,
    );
    const [head, first, second, drilled, problem] = text.split("\n");
    expect(head).toBe("production: 2 backups");
    expect(first).toMatch(
      /^ {2}53ccedb7 {2}2026-01-07 02:30 UTC .* 10 h ago .*release 1\.4\.0, database postgres\.shop, volume files$/,
    );
    expect(second).toContain("00000000");
    expect(drilled).toBe("Last drill: 2026-01-07 02:30 UTC, of 53ccedb7: FAILED: no archive");
    expect(problem).toBe("  ✗ the last drill failed: no archive");
  });

  it("no drill yet", () => {
    expect(backupsText({ environment, snapshots: [], problems: [] }, now)).toBe(
      "production: 0 backups\nNo drill yet: liftlock drill production",
    );
  });

  it("what a drill has proven", () => {
    const text = drillText({
      environment,
      snapshot,
      at,
      files: 6,
      databases: [{ service: "postgres", name: "shop", tables: 12 }],
      volumes: [{ name: "files", entries: 40 }],
      seconds: 9,
    });
    expect(text).toContain("The backup 53ccedb7 of production restores: 6 files");
    expect(text).toContain("database shop of postgres: 12 tables");
    expect(text).toContain("volume files: 40");
  });

  it("what was brought back, and the way back from that", () => {
    const restored = {
      environment,
      kind: "volume",
      name: "files",
      snapshot,
      before: "aaaabbbbcc",
      at,
      services: 5,
      seconds: 9,
    } as const;
    expect(restoreText(restored)).toContain(
      "liftlock restore production --volume files --snapshot aaaabbbb --confirm production",
    );
    expect(restoreText({ ...restored, kind: "database", name: "postgres.shop" })).toContain(
      "--service postgres.shop",
    );
  });
});

import { describe, expect, it } from "vitest";
import { backupFigure, backupNote, drillNote, failureNote } from "../../src/automation/backupNotes.ts";
import type { Entry } from "../../src/ledger/entry.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 7, 12, minute));
const zero = "0".repeat(64);

const journal = (...texts: string[]): Entry[] =>
  texts.map(
    (text, index): Entry => ({
      v: 1,
      seq: index + 1,
      environment: "production",
      prev: zero,
      hash: zero,
      entry: "note",
      time: at(index).toISOString(),
      actor: "octo-dev",
      text,
    }),
  );

const stored = { snapshot: "53ccedb7", at: at(0), bytes: 12, added: 12, seconds: 3 };
const taken = backupNote(stored);
const passed = drillNote({
  snapshot: "53ccedb7",
  at: at(0),
  files: 6,
  databases: [],
  volumes: [],
  seconds: 3,
});
const failed = failureNote("drill", { code: "DrillFailed", message: "drill passed: snapshot x" });

describe("what the journal says of backups", () => {
  it.each([
    ["nothing", ["drift put right (x): y"], undefined],
    ["a backup", [taken], { taken: at(0) }],
    ["a backup that failed", [failureNote("backup", { code: "BackupFailed", message: "x" })], undefined],
    ["a drill that passed", [failed, taken, passed], { taken: at(1), drilled: { at: at(2), passed: true } }],
    ["a drill that failed", [taken, passed, failed], { taken: at(0), drilled: { at: at(2), passed: false } }],
  ])("%s", (_, texts, expected) => {
    expect(backupFigure("production", journal(...texts))).toEqual(
      expected && { environment: "production", ...expected },
    );
  });
});

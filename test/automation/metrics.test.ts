import { describe, expect, it } from "vitest";
import { coursesOf } from "../../src/automation/metrics.ts";
import type { Entry, EntryDraft } from "../../src/ledger/entry.ts";
import { figuresOf } from "../../src/plan/metrics/figures.ts";
import { release } from "../releases.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 7, 12, minute));
const zero = "0".repeat(64);

type Given = {
  [K in EntryDraft["entry"]]: Partial<Extract<EntryDraft, { entry: K }>> & { entry: K };
}[EntryDraft["entry"]];

/** A journal's entries, a minute each. */
const journal = (
  promotion: string,
  kind: "promote" | "resume" | "rollback",
  from: number,
  given: readonly Given[],
): Entry[] =>
  given.map(
    (draft, index) =>
      ({
        v: 1,
        seq: from + index + 1,
        environment: "production",
        prev: zero,
        hash: zero,
        time: at(from + index).toISOString(),
        actor: "octo-dev",
        fence: 1,
        promotion,
        kind,
        ...draft,
      }) as Entry,
  );

const next = release("1.1.0");
const begins: Given[] = [
  { entry: "started", release: next },
  { entry: "intent", step: "copy" },
  { entry: "intent", step: "candidate" },
];

describe("coursesOf", () => {
  it("tells when a promotion began, touched, failed, went back and ended", () => {
    const entries = journal("p1", "promote", 0, [
      ...begins,
      { entry: "failed", step: "deploy", reason: { code: "Unhealthy", message: "api" } },
      { entry: "intent", step: "revert" },
      { entry: "failed", step: "revert", reason: { code: "Unhealthy", message: "api" } },
      { entry: "intent", step: "revert" },
      { entry: "ended", status: "RolledBack", seconds: 42 },
    ]);
    expect(coursesOf("production", entries)).toEqual([
      {
        environment: "production",
        promotion: "p1",
        kind: "promote",
        release: next,
        began: at(0),
        touched: at(2),
        failed: at(3),
        wentBack: at(4),
        ended: { at: at(7), status: "RolledBack", seconds: 42 },
      },
    ]);
  });

  it("leaves open what never ended, and what was refused untouched", () => {
    const [open, refused] = coursesOf("production", [
      ...journal("p1", "promote", 0, begins),
      ...journal("p2", "promote", 5, [
        { entry: "started", release: next },
        { entry: "failed", step: "images", reason: { code: "ImageMissing", message: "api" } },
        { entry: "ended", status: "Failed" },
      ]),
    ]);
    expect(open).not.toHaveProperty("ended");
    expect(refused).not.toHaveProperty("touched");
  });

  it("tells of what was resumed how it came to its end", () => {
    const killed = journal("p1", "promote", 0, begins);
    const resumed = journal("p2", "resume", 10, [
      { entry: "started", release: next },
      { entry: "ended", status: "Completed", seconds: 5 },
    ]);
    const closed = journal("p1", "resume", 12, [
      { entry: "ended", status: "Failed", reason: { code: "Interrupted", message: "ended by p2" } },
    ]);
    const courses = coursesOf("production", [...killed, ...resumed, ...closed]);
    expect(courses[0]).toMatchObject({ kind: "promote", ended: { status: "Completed", at: at(11) } });
    expect(figuresOf("production", courses, at(30), 1)).toMatchObject({
      deployments: { completed: 1, failed: 0 },
      changeFailure: 0,
    });
  });

  it("has a failure where a person went back instead of resuming", () => {
    const killed = journal("p1", "promote", 0, begins);
    const back = journal("p2", "rollback", 10, [
      { entry: "started", release: release("1.0.0") },
      { entry: "intent", step: "revert" },
      { entry: "ended", status: "RolledBack" },
    ]);
    const closed = journal("p1", "rollback", 13, [
      { entry: "ended", status: "Failed", reason: { code: "Interrupted", message: "ended by p2" } },
    ]);
    const courses = coursesOf("production", [...killed, ...back, ...closed]);
    expect(figuresOf("production", courses, at(30), 1)).toMatchObject({ changeFailure: 1, rollbacks: 1 });
  });
});

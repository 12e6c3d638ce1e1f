import type { Reason } from "../promotion.ts";

/**
 * Every gate, in the order in which they are shown and in which a refusal names them: first what only a person can change, then
 * what time changes.
 */
export const gateNames = [
  "stop",
  "veto",
  "tests",
  "soak",
  "freeze",
  "drift",
  "wayBack",
  "rate",
  "concurrency",
] as const;

export type GateName = (typeof gateNames)[number];

/** A gate that `--override` may name. An emergency stop is not overridden: it is lifted. */
export type OverridableGate = Exclude<GateName, "stop">;

export const overridableGates: readonly OverridableGate[] = gateNames.filter((name) => name !== "stop");

/** True for a name that `--override` takes. */
export const isOverridable = (name: string): name is OverridableGate =>
  (overridableGates as readonly string[]).includes(name);

/** A person's decision to go on in spite of one gate; it goes to the journal and is shown to approvers. */
export interface Override {
  gate: OverridableGate;
  /** Must say something: an override without a reason is none. */
  reason: string;
  /** Login or user@machine. */
  by: string;
}

/**
 * - `pass`: looked at, in order
 * - `fail`: not in order, or not known; a person has to do something
 * - `waiting`: not in order now; passes by itself, at `until` where that is known
 * - `overridden`: would have failed or waited; a person takes it on themselves
 * - `skipped`: does not apply here
 */
export type GateStatus = "pass" | "fail" | "waiting" | "overridden" | "skipped";

export interface GateVerdict {
  gate: GateName;
  status: GateStatus;
  /** Few words for one line: `soak 2 h 14 min ≥ 1 h`. */
  summary: string;
  /** Why it fails, waits or had to be overridden. */
  reason?: Reason;
  /** From when on it may pass, for a gate that waits. */
  until?: Date;
  /** Who overrode it, and why. */
  override?: Override;
}

/** What one gate's rule returns; its name is added by `judgeGates`. */
export type Judgement = Omit<GateVerdict, "gate" | "override">;

export const pass = (summary: string): Judgement => ({ status: "pass", summary });

export const skip = (summary: string): Judgement => ({ status: "skipped", summary });

export const fail = (summary: string, reason: Reason): Judgement => ({ status: "fail", summary, reason });

export const wait = (summary: string, reason: Reason, until?: Date): Judgement => ({
  status: "waiting",
  summary,
  reason,
  ...(until !== undefined && { until }),
});

import type { Release } from "../../release/release.ts";
import type { Veto } from "../veto.ts";

/** What could not be found out, and why. A gate that depends on it does not pass. */
export interface Unknown {
  unknown: string;
}

export type Known<T> = T | Unknown;

export const isUnknown = (fact: unknown): fact is Unknown =>
  typeof fact === "object" && fact !== null && "unknown" in fact;

export type Kind = "promote" | "deploy" | "rollback" | "resume";

/** The result of the tests that ran against a release in the source environment. */
export interface TestResult {
  status: "passed" | "failed" | "missing";
  /** Id of the release that was tested; a result of another one counts as missing. */
  release?: string;
  at?: Date;
  /** Where it can be read. */
  url?: string;
}

/** A promotion or rollback that was begun, in any environment. One that a gate refused was not begun. */
export interface Start {
  kind: Kind;
  environment: string;
  at: Date;
}

/** A deployment under way, in any environment. */
export interface Running {
  promotion: string;
  environment: string;
  since: Date;
}

/** An emergency stop in force. */
export interface Stop {
  by: string;
  at: Date;
  reason: string;
}

/**
 * - `target`: the release to go back to, and whether its images are there (on every host, or in the registry)
 * - `first`: nothing runs in the environment yet, so there is nothing to go back to
 * - `none`: something runs, but no earlier verified release is known
 */
export type WayBack =
  | { kind: "target"; version: string; available: boolean; where: string }
  | { kind: "first" }
  | { kind: "none" };

/** Everything the gates look at, as plain data. The clock is in it. */
export interface GateFacts {
  now: Date;
  kind: Kind;
  /** Where the release shall go. */
  environment: string;
  release: Release;
  /** Where it comes from, and since when it is verified there without a break; absent when a release is deployed from a file. */
  source?: { environment: string; verifiedSince: Known<Date> };
  tests: Known<TestResult>;
  /** Begun over all environments, within the longest time that a limit looks back (an hour is enough for the defaults). */
  starts: Known<readonly Start[]>;
  /** Under way over all environments, this promotion itself left out. */
  running: Known<readonly Running[]>;
  /** Absent: none in force. */
  stop?: Known<Stop>;
  /** From `deriveVetoes`. */
  vetoes: Known<readonly Veto[]>;
  /** What differs from the pin or the stack in the target, one text each; empty: looked, nothing found. */
  drift: Known<readonly string[]>;
  wayBack: Known<WayBack>;
}

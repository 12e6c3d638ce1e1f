import type { GateFacts, Kind } from "../../../src/plan/gates/facts.ts";
import { type GatePolicy, gatePolicySchema } from "../../../src/plan/gates/policy.ts";
import { releaseId } from "../../../src/release/release.ts";
import { release } from "../../releases.ts";

/** A Wednesday. */
export const now = new Date("2026-01-07T14:00:00Z");
export const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
export const next = release("1.6.1");

/** Facts of a promotion that every gate lets pass. */
export const facts = (change: Partial<GateFacts> = {}): GateFacts => ({
  now,
  kind: "promote",
  environment: "production",
  release: next,
  source: { environment: "staging", verifiedSince: ago(8040) },
  tests: { status: "passed", release: releaseId(next), at: ago(8000) },
  starts: [],
  running: [],
  vetoes: [],
  drift: [],
  wayBack: { kind: "target", version: "1.6.0", available: true, where: "on both hosts" },
  ...change,
});

export const policy = (input: object = {}): GatePolicy => gatePolicySchema.parse(input);

export const kinds: readonly Kind[] = ["promote", "deploy", "rollback", "resume"];

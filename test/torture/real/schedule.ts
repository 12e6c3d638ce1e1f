import fc from "fast-check";

/** Steps at whose beginning a driver may be stopped. */
const steps = [
  "images",
  "preview",
  "copy",
  "tag",
  "candidate",
  "deploy",
  "verify",
  "pin",
  "latest",
  "diagnose",
  "revert",
  "verifyRevert",
  "pinRevert",
] as const;

/** What can be done to the world while a driver is at work. `match` and `part` as in `rehearsal/faults`. */
export type RealFault =
  | { kind: "signal"; step: (typeof steps)[number]; signal: "SIGKILL" | "SIGTERM"; delay: number }
  | { kind: "ssh"; host: 1 | 2; skip: number; times: number }
  | { kind: "drop"; host: 1 | 2; after: number }
  | { kind: "registry"; status: number; skip: number; times: number }
  | { kind: "lie"; host: 1 | 2 };

/** One whole story through real processes, SSH and the engine. */
export interface RealSchedule {
  release: "good" | "crashes" | "hangs" | "answersErrors" | "migrationFails";
  /** Promoted from staging, or deployed from a file. */
  promoted: boolean;
  /** Whether a second driver begins a deployment at the same time, from another checkout. */
  competitor: boolean;
  /** Whether the environment is resumed from another checkout. */
  elsewhere: boolean;
  faults: readonly RealFault[];
}

const host = fc.constantFrom<1 | 2>(1, 2);

const fault: fc.Arbitrary<RealFault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("signal" as const),
      step: fc.constantFrom(...steps),
      signal: fc.constantFrom<"SIGKILL" | "SIGTERM">("SIGKILL", "SIGKILL", "SIGTERM"),
      delay: fc.constantFrom(0, 50, 300, 800),
    }),
  },
  fc.record({
    kind: fc.constant("ssh" as const),
    host,
    skip: fc.nat({ max: 3 }),
    times: fc.constantFrom(1, 2, 100),
  }),
  fc.record({ kind: fc.constant("drop" as const), host, after: fc.constantFrom(0, 50, 200, 500) }),
  fc.record({
    kind: fc.constant("registry" as const),
    status: fc.constantFrom(429, 500, 503),
    skip: fc.nat({ max: 60 }),
    times: fc.constantFrom(1, 3, 50),
  }),
  fc.record({ kind: fc.constant("lie" as const), host }),
);

/** Any story of up to three faults. */
export const anyRealSchedule: fc.Arbitrary<RealSchedule> = fc.record({
  release: fc.constantFrom<RealSchedule["release"]>(
    "good",
    "good",
    "crashes",
    "hangs",
    "answersErrors",
    "migrationFails",
  ),
  promoted: fc.boolean(),
  competitor: fc.boolean(),
  elsewhere: fc.boolean(),
  faults: fc.array(fault, { maxLength: 3 }),
});

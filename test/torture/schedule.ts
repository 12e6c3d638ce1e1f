import fc from "fast-check";

/** What can happen to one call of the driver to the world around it. */
export const faultKinds = [
  /** It fails and has done nothing. */
  "failsBefore",
  /** It has done its work, and fails all the same. */
  "failsAfter",
  /** It is given up; what it was to do is done later, or never. */
  "timesOut",
  /** It is done twice. */
  "twice",
  /** The driver is killed before, in the middle of, or after it. */
  "killBefore",
  "killDuring",
  "killAfter",
  /** The driver stands still for so long that its lease expires. */
  "stalls",
  /** A person asks the driver to stop. */
  "interrupt",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  /** 0: the first driver; 1: its competitor, where there is one; then those that resume. */
  driver: number;
  /** The driver's call, counted from 0. */
  call: number;
  kind: FaultKind;
}

/** What a release does once it runs. */
export const behaviours = [
  "good",
  "crashes",
  "unhealthy",
  /** Its containers are healthy, and the public gets errors. */
  "answers500",
  /** Hosts say that they run it, and go on with what they ran. */
  "neverCame",
] as const;

export type Behaviour = (typeof behaviours)[number];

/** How releases take each other's place: in place, host by host, or with a share of the requests first. */
export const strategies = ["recreate", "blueGreen", "rolling", "canary"] as const;

export type StrategyName = (typeof strategies)[number];

export type Action = "promote" | "deploy" | "rollback" | "resume";

/** Everything that a run depends on: the same schedule always runs the same way. */
export interface Schedule {
  /** Of the order in which the drivers' calls come. */
  order: number;
  behaviour: Behaviour;
  hosts: 1 | 2 | 3;
  /** Default: in place. */
  strategy?: StrategyName;
  /** What a second driver does at the same time, and whether it works in a checkout of its own. */
  competitor?: { action: Action; apart: boolean };
  /** Whether a driver that died is known to be dead, or only its lease expires: another machine's cannot be seen. */
  seen: boolean;
  /** What the next person does, who does not know that anything went wrong; default: resume. */
  next?: Action;
  faults: readonly Fault[];
}

/** Calls of the longest promotion that goes back, with room to spare. */
const mostCalls = 100;

const fault: fc.Arbitrary<Fault> = fc.record({
  driver: fc.nat({ max: 3 }),
  call: fc.nat({ max: mostCalls }),
  kind: fc.constantFrom(...faultKinds),
});

/** Any schedule of up to five faults, with two competing drivers. */
export const anySchedule: fc.Arbitrary<Schedule> = fc.record({
  order: fc.nat({ max: 2 ** 31 - 1 }),
  behaviour: fc.constantFrom(...behaviours),
  hosts: fc.constantFrom(1, 2, 3),
  strategy: fc.constantFrom(...strategies),
  competitor: fc.record({
    action: fc.constantFrom<Action>("promote", "deploy", "rollback", "resume"),
    apart: fc.boolean(),
  }),
  seen: fc.boolean(),
  next: fc.constantFrom<Action>("promote", "deploy", "rollback", "resume"),
  faults: fc.array(fault, { maxLength: 5 }),
});

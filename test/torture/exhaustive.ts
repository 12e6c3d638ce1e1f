import { type Behaviour, behaviours, type Fault, faultKinds, type Schedule } from "./schedule.ts";
import { simulate } from "./simulate.ts";

const base = (behaviour: Behaviour, faults: readonly Fault[]): Schedule => ({
  order: 1,
  behaviour,
  hosts: 2,
  seen: true,
  faults,
});

/** Number of calls of a promotion without any fault. */
async function callsOf(behaviour: Behaviour): Promise<number> {
  return (await simulate(base(behaviour, []))).calls.length;
}

/** Every fault at every call of one promotion, of a good release and of every kind of bad one. */
export async function singles(): Promise<Schedule[]> {
  const all = await Promise.all(
    behaviours.map(async (behaviour) => {
      const calls = await callsOf(behaviour);
      return Array.from({ length: calls }, (_, call) =>
        faultKinds.map((kind) => base(behaviour, [{ driver: 0, call, kind }])),
      ).flat();
    }),
  );
  return all.flat();
}

/** What a kind of fault is followed by when pairs are made: the second hits the same driver, or the one that resumes. */
const second = (first: Fault, calls: number): Fault[] => {
  const killed = first.kind.startsWith("kill");
  const from = killed ? 0 : first.call + 1;
  return Array.from({ length: Math.max(0, calls - from) }, (_, i) => i + from).flatMap((call) =>
    faultKinds.map((kind) => ({ driver: killed ? 1 : 0, call, kind })),
  );
};

/** Calls that a diverted promotion makes at most, way back included. */
const longest = 90;

/** Every pair of faults along one promotion. */
export async function* pairs(): AsyncGenerator<Schedule> {
  for (const behaviour of ["good", "crashes", "answers500"] as const) {
    const calls = await callsOf(behaviour);
    for (let call = 0; call < calls; call++)
      for (const kind of faultKinds) {
        const first: Fault = { driver: 0, call, kind };
        for (const next of second(first, longest)) yield base(behaviour, [first, next]);
      }
  }
}

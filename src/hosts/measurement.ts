import type { Answers } from "../plan/analysis.ts";
import type { Slot } from "../plan/facts.ts";
import { Failure } from "../release/failure.ts";

/** What a host's edge answered since a place in its request log. */
export interface Measurement {
  /** Where the log ends now. */
  place: number;
  answers: Readonly<Record<Slot, Answers>>;
}

/** Reads what `scripts/measure.sh` printed. @throws Failure `HostUnreachable` when a line is not of its form */
export function parseMeasurement(host: string, output: string): Measurement {
  const slots = {
    blue: { requests: 0, errors: 0, latency: new Map<number, number>() },
    green: { requests: 0, errors: 0, latency: new Map<number, number>() },
  };
  let place: number | undefined;
  for (const line of output.split("\n").filter(Boolean)) {
    const [key = "", ...words] = line.split(" ");
    const slot = words[0] === "blue" || words[0] === "green" ? slots[words[0]] : undefined;
    const [first, second] = words.slice(-2).map(Number);
    if (key === "place" && words.length === 1) place = second ?? first;
    else if (key === "answers" && slot) [slot.requests, slot.errors] = [first ?? NaN, second ?? NaN];
    else if (key === "latency" && slot) slot.latency.set(first ?? NaN, second ?? NaN);
    else place = NaN;
  }
  const numbers = [
    place,
    ...Object.values(slots).flatMap((s) => [s.requests, s.errors, ...[...s.latency].flat()]),
  ];
  if (numbers.every((number) => Number.isInteger(number))) return { place: place ?? 0, answers: slots };
  throw new Failure({
    code: "HostUnreachable",
    message: `expected counts of requests from ${host}, got lines of another form`,
    hint: "Another program may be answering; look at the host.",
  });
}

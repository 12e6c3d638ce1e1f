/** Failed requests in a row that open a breaker, and how long it then stays open, in milliseconds. */
export const breakerLimits = { failures: 5, rest: 30_000 } as const;

/**
 * A circuit breaker's state. `closed`: everything is let through. `open`: nothing is, until a time (milliseconds since 1970).
 * `half-open`: one request is on its way to find out; the others are refused.
 */
export type Circuit =
  | { readonly state: "closed"; readonly failures: number }
  | { readonly state: "open"; readonly until: number }
  | { readonly state: "half-open" };

/** How a request ended: `abandoned` when the asker gave up, which says nothing about the registry. */
export type Outcome = "answered" | "failed" | "abandoned";

export const closed: Circuit = { state: "closed", failures: 0 };

/** Whether a request may go at this time, and the circuit from then on. */
export function admit(circuit: Circuit, now: number): { admitted: boolean; circuit: Circuit } {
  switch (circuit.state) {
    case "closed":
      return { admitted: true, circuit };
    case "open":
      return now < circuit.until
        ? { admitted: false, circuit }
        : { admitted: true, circuit: { state: "half-open" } };
    case "half-open":
      return { admitted: false, circuit };
  }
}

/** The circuit after a request that was let through has ended. */
export function settle(circuit: Circuit, outcome: Outcome, now: number): Circuit {
  if (outcome === "answered") return closed;
  const open: Circuit = { state: "open", until: now + breakerLimits.rest };
  switch (circuit.state) {
    case "closed": {
      if (outcome === "abandoned") return circuit;
      const failures = circuit.failures + 1;
      return failures >= breakerLimits.failures ? open : { state: "closed", failures };
    }
    case "half-open":
      // Who gave up found nothing out: the next one may ask at once.
      return outcome === "failed" ? open : { state: "open", until: now };
    case "open":
      // An answer to a request from before it opened; the rest is not made longer by it.
      return circuit;
  }
}

/** The circuits of the registries that a process talks to; shared by everything that asks them. */
export class Breakers {
  private readonly circuits = new Map<string, Circuit>();
  private readonly now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** Lets a request through, or says until when none is: milliseconds since 1970. */
  admit(registry: string): { admitted: true } | { admitted: false; until: number } {
    const { admitted, circuit } = admit(this.circuits.get(registry) ?? closed, this.now());
    this.circuits.set(registry, circuit);
    if (admitted) return { admitted };
    return { admitted: false, until: circuit.state === "open" ? circuit.until : this.now() };
  }

  settle(registry: string, outcome: Outcome): void {
    this.circuits.set(registry, settle(this.circuits.get(registry) ?? closed, outcome, this.now()));
  }

  /** Every registry that was asked, and its circuit, for `status`. */
  states(): Record<string, Circuit> {
    return Object.fromEntries(this.circuits);
  }
}

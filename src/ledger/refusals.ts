import { Failure } from "../release/failure.ts";
import type { ChainReport } from "./chain.ts";
import { describeHolder, type Holder } from "./holder.ts";

/** Narrows a name to one that can be a directory and a key. @throws Failure `StackUnknown` */
export function parseName(environment: string): string {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(environment)) return environment;
  throw new Failure({
    code: "StackUnknown",
    message: `expected an environment's name (lower-case letters, digits, -), got ${JSON.stringify(environment)}`,
    fault: "user",
  });
}

const look = (environment: string) => `Look what happened to it: liftlock audit verify ${environment}`;

/** What stands in the journal is not what was written. @param place file or table, with the line where it is known */
export const corrupted = (environment: string, place: string, found: string): Failure =>
  new Failure({
    code: "LedgerCorrupted",
    message: `expected an unbroken chain of entries in ${place}: ${found}`,
    hint: look(environment),
  });

/** @throws Failure `LedgerCorrupted` naming the first problem's line, when a journal is not intact */
export function demandIntact(report: ChainReport, place: string): void {
  if (report.intact) return;
  const grave = report.problems.filter((p) => p.kind !== "torn" && p.kind !== "legacy");
  const [first] = grave;
  const more = grave.length > 1 ? ` (and ${grave.length - 1} more)` : "";
  const line = first?.line === undefined ? "" : ` line ${first.line}`;
  throw corrupted(report.environment, `${place}${line}`, `${first?.kind}: ${first?.message}${more}`);
}

/** A newer version wrote what this one cannot read. */
export const tooNew = (place: string): Failure =>
  new Failure({
    code: "LedgerUnavailable",
    message: `expected a ledger of this version's format, found a newer one in ${place}`,
    hint: "Update liftlock on this machine.",
  });

export const inProgress = (environment: string, holder: Holder): Failure =>
  new Failure({
    code: "PromotionInProgress",
    message: `${environment} is held by ${describeHolder(holder)}, promotion ${holder.promotion}`,
    hint: `Wait for it, or look: liftlock status ${environment}`,
  });

export const leaseLost = (environment: string, found: string): Failure =>
  new Failure({
    code: "LeaseLost",
    message: `expected to hold ${environment}: ${found}`,
    hint: `Look who goes on there: liftlock status ${environment}`,
  });

/** @throws Failure `LeaseLost` unless an entry's fence is the newest one */
export function demandFence(environment: string, fence: number | undefined, newest: number): void {
  if (fence === undefined || (fence === newest && fence > 0)) return;
  throw leaseLost(environment, `this driver's lease has number ${fence}, the newest one has ${newest}`);
}

import type { FailureCode } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { limits } from "./limits.ts";

/**
 * A promotion as a state machine: pure transitions here, effects in `automation/`. A plan is a list of steps; what comes later
 * (copying, approvals, gates) is added as a step. The way back is a list of steps too, one round for each target.
 */

export type Status = "Pending" | "InProgress" | "Completed" | "Failed" | "RolledBack" | "Cancelled";

/** Why a step, or the promotion, did not succeed. */
export interface Reason {
  code: FailureCode;
  message: string;
  hint?: string;
}

export type ForwardStep = "images" | "preview" | "candidate" | "deploy" | "verify" | "pin";
export type BackStep = "revert" | "verifyRevert" | "pinRevert";

export type Step =
  | { name: ForwardStep }
  /** Nothing was touched: the configuration becomes what it was. */
  | { name: "withdraw" }
  /** What failed, where, and was anything touched? */
  | { name: "diagnose" }
  | { name: BackStep; target: Release };

export type Event =
  | { type: "succeeded" }
  | { type: "failed"; reason: Reason }
  /** What `diagnose` found: a more exact reason, and whether any host may have changed. */
  | { type: "diagnosed"; reason: Reason; touched: boolean; targets: readonly Release[] };

export interface Promotion {
  status: Status;
  /** Steps still to do, in order; the first is under way. */
  todo: readonly Step[];
  /** Earlier verified releases, newest first, that were not tried yet. */
  targets: readonly Release[];
  /** How many were tried. */
  tried: number;
  /** The current target's revert failed for a reason of the moment and is tried once more. */
  again: boolean;
  /** True from the moment the environment may have changed. */
  touched: boolean;
  /** Why the release is not coming. */
  reason?: Reason;
  /** Why the way back failed, last reason. */
  backReason?: Reason;
  /** The release the environment went back to. */
  wentBackTo?: Release;
}

/** Steps of a promotion that replaces in place. */
export const forward: readonly Step[] = (
  ["images", "preview", "candidate", "deploy", "verify", "pin"] as const
).map((name) => ({ name }));

/** A promotion about to start. The way back is looked up when it is needed: `diagnose` brings its targets. */
export const planPromotion = (steps: readonly Step[] = forward): Promotion => ({
  status: "InProgress",
  todo: steps,
  targets: [],
  tried: 0,
  again: false,
  touched: false,
});

const round = (target: Release): Step[] => [
  { name: "revert", target },
  { name: "verifyRevert", target },
  { name: "pinRevert", target },
];

/** A way back that a person, or `resume`, asked for. @param targets newest first; must not be empty to get anywhere */
export function planRollback(targets: readonly Release[], reason: Reason): Promotion {
  return goBack({ ...planPromotion(), targets, touched: true, reason });
}

const ended = (p: Promotion, status: Status): Promotion => ({ ...p, status, todo: [] });

/** The next target's round, or the end when there is none left. */
function goBack(p: Promotion): Promotion {
  const [target, ...rest] = p.targets;
  if (target === undefined || p.tried >= limits.rollbackTargets) {
    const code: FailureCode = p.tried === 0 ? "NoRollbackTarget" : "RollbackFailed";
    const message =
      p.tried === 0
        ? "there is no earlier verified release to go back to"
        : `${p.tried} earlier release${p.tried === 1 ? " was" : "s were"} tried; none could be started: ${p.backReason?.message ?? ""}`;
    return { ...ended(p, "Failed"), backReason: { code, message } };
  }
  return { ...p, todo: round(target), targets: rest, tried: p.tried + 1, again: false };
}

/** Reasons that lie in a release, so that an older one may do better. Any other failure would strike the older one too. */
const ofTheRelease: readonly FailureCode[] = ["PullFailed", "ComposeInvalid", "StartFailed", "Unhealthy"];

function revertFailed(p: Promotion, target: Release, reason: Reason): Promotion {
  const known = { ...p, backReason: reason };
  if (ofTheRelease.includes(reason.code)) return goBack(known);
  if (!p.again) return { ...known, todo: round(target), again: true };
  return ended({ ...known, backReason: { ...reason, code: "RollbackIncomplete" } }, "Failed");
}

function failed(p: Promotion, step: Step, reason: Reason): Promotion {
  switch (step.name) {
    case "images":
    case "preview":
      return ended({ ...p, reason }, "Failed");
    case "candidate":
      return { ...p, reason, todo: [{ name: "withdraw" }] };
    case "deploy":
    case "verify":
      return { ...p, reason, touched: true, todo: [{ name: "diagnose" }] };
    case "pin":
      // The environment runs the release, verified: nothing is wrong with it. `resume` writes the pin.
      return ended({ ...p, reason }, "Failed");
    case "withdraw":
      return ended({ ...p, backReason: reason }, "Failed");
    case "diagnose":
      // Not knowing counts as touched.
      return goBack({ ...p, touched: true });
    case "revert":
      return revertFailed(p, step.target, reason);
    case "verifyRevert":
    case "pinRevert":
      return ended({ ...p, backReason: { ...reason, code: "RollbackIncomplete" } }, "Failed");
  }
}

/** What follows from a step's event. The state machine's only transition. */
export function transition(p: Promotion, event: Event): Promotion {
  const [step, ...todo] = p.todo;
  if (step === undefined) return p;
  if (event.type === "failed") return failed(p, step, event.reason);
  if (event.type === "diagnosed") {
    const known = { ...p, reason: event.reason, touched: event.touched, targets: event.targets };
    return event.touched ? goBack(known) : { ...known, todo: [{ name: "withdraw" }] };
  }
  const touched = p.touched || step.name === "deploy";
  const next: Promotion = { ...p, todo, touched };
  if (todo.length > 0) return next;
  if (step.name === "pinRevert") return { ...ended(next, "RolledBack"), wentBackTo: step.target };
  return ended(next, step.name === "withdraw" ? "Failed" : "Completed");
}

/** Earlier verified releases that are not `current`, newest first, each once. */
export function rollbackTargets(verified: readonly Release[], current: Release | undefined): Release[] {
  const seen = new Set(current ? [releaseId(current)] : []);
  return verified.filter((release) => {
    const id = releaseId(release);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

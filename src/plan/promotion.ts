import type { FailureCode } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { limits } from "./limits.ts";
import { type Stage, whole } from "./strategy.ts";

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

export type ForwardStep =
  /** Images are whole, trusted, and on their way to the hosts. */
  | "images"
  | "preview"
  | "approval"
  /** From the source's repositories to the target's, digests unchanged. */
  | "copy"
  /** The environment's tag and the version's. */
  | "tag"
  | "candidate"
  /** The hosts run the release, and the stack does not know: the update once more, without migrations. */
  | "repeat"
  | "deploy"
  /** Between two stages: the hosts that have the release are healthy, and a canary answers no worse than the other release. */
  | "watch"
  | "verify"
  | "pin"
  /** `latest` follows what was verified. */
  | "latest";
export type BackStep = "revert" | "verifyRevert" | "pinRevert";

export type Step =
  | { name: Exclude<ForwardStep, "deploy" | "watch"> }
  /** One update of the stack; absent stage: all of it at once. */
  | { name: "deploy"; stage?: Stage }
  | { name: "watch"; stage: Stage }
  /** Nothing was touched: the configuration becomes what it was. */
  | { name: "withdraw" }
  /** What failed, where, and was anything touched? */
  | { name: "diagnose" }
  /** Tags follow what runs. */
  | { name: "retag" }
  | { name: BackStep; target: Release };

export type Event =
  | { type: "succeeded" }
  | { type: "failed"; reason: Reason }
  /** What `diagnose` found: a more exact reason, and whether any host may have changed. */
  | {
      type: "diagnosed";
      reason: Reason;
      touched: boolean;
      targets: readonly Release[];
      /** Why the way back may not be taken without a person. */
      barred?: Reason | undefined;
    };

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
  /** True once the environment is known to have changed, or not known not to have. */
  touched: boolean;
  /** True from the moment a tag may have moved. */
  tagged: boolean;
  /** How it ends once nothing is left to do; set when that is decided before the last step. */
  outcome?: Status;
  /** Why the release is not coming. */
  reason?: Reason;
  /** Why the way back failed, last reason. */
  backReason?: Reason;
  /** What did not succeed without changing how it ends: a tag that could not be moved. */
  remark?: Reason;
  /** The release the environment went back to. */
  wentBackTo?: Release;
}

const steps = <N extends Exclude<ForwardStep, "deploy" | "watch">>(...names: N[]): Step[] =>
  names.map((name) => ({ name }));

/** Steps of a promotion, with one update for each stage of its rollout. */
export const forwardSteps = (stages: readonly Stage[] = [whole]): Step[] => [
  ...steps("images", "preview", "approval", "copy", "tag", "candidate"),
  ...stages.flatMap((stage, index): Step[] => [
    { name: "deploy", stage },
    ...(index < stages.length - 1 ? [{ name: "watch", stage } as const] : []),
  ]),
  ...steps("verify", "pin", "latest"),
];

/** A promotion about to start. The way back is looked up when it is needed: `diagnose` brings its targets. */
export const planPromotion = (steps: readonly Step[] = forwardSteps()): Promotion => ({
  status: "InProgress",
  todo: steps,
  targets: [],
  tried: 0,
  again: false,
  touched: false,
  tagged: false,
});

/** The configuration as it was, and the tags too. */
const undo = (p: Promotion): Step[] => [
  { name: "withdraw" },
  ...(p.tagged ? [{ name: "retag" } as const] : []),
];

const round = (target: Release): Step[] => [
  { name: "revert", target },
  { name: "verifyRevert", target },
  { name: "pinRevert", target },
  { name: "retag" },
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
const ofTheRelease: readonly FailureCode[] = [
  "PullFailed",
  "ComposeInvalid",
  "StartFailed",
  "SmokeFailed",
  "Unhealthy",
];

function revertFailed(p: Promotion, target: Release, reason: Reason): Promotion {
  const known = { ...p, backReason: reason };
  if (ofTheRelease.includes(reason.code)) return goBack(known);
  if (!p.again) return { ...known, todo: round(target), again: true };
  return ended({ ...known, backReason: { ...reason, code: "RollbackIncomplete" } }, "Failed");
}

/** How a promotion ends that people did not agree to. */
const unapproved = ({ code }: Reason): Status =>
  code === "ApprovalPending" || code === "ApprovalVoid"
    ? "Pending"
    : code === "ApprovalDenied" || code === "ApprovalExpired"
      ? "Cancelled"
      : "Failed";

function failed(p: Promotion, step: Step, reason: Reason): Promotion {
  switch (step.name) {
    case "images":
    case "preview":
    case "copy":
      return ended({ ...p, reason }, "Failed");
    case "approval":
      return ended({ ...p, reason }, unapproved(reason));
    case "tag":
      return { ...p, reason, tagged: true, outcome: "Failed", todo: [{ name: "retag" }] };
    case "candidate":
      return { ...p, reason, todo: undo(p) };
    case "repeat":
      // It was begun because hosts and stack do not agree: whatever it reached, they still do not.
      return { ...p, reason, touched: true, todo: [{ name: "diagnose" }] };
    case "deploy":
    case "watch":
    case "verify":
      return { ...p, reason, todo: [{ name: "diagnose" }] };
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
    case "latest":
    case "retag":
      return next({ ...p, remark: reason }, step);
  }
}

function diagnosed(p: Promotion, event: Extract<Event, { type: "diagnosed" }>): Promotion {
  const { reason, touched, targets, barred } = event;
  const known = { ...p, reason, touched: p.touched || touched, targets };
  if (!known.touched) return { ...known, todo: undo(p) };
  return barred ? ended({ ...known, backReason: barred }, "Failed") : goBack(known);
}

/** On to the next step, or the end. */
function next(p: Promotion, step: Step): Promotion {
  const todo = p.todo.slice(1);
  const known: Promotion = {
    ...p,
    todo,
    touched: p.touched || step.name === "deploy",
    tagged: p.tagged || step.name === "tag",
    ...(step.name === "pinRevert" && { outcome: "RolledBack", wentBackTo: step.target }),
    ...(step.name === "pin" && { outcome: "Completed" }),
    ...(step.name === "withdraw" && { outcome: "Failed" }),
  };
  return todo.length > 0 ? known : ended(known, known.outcome ?? "Completed");
}

/** What follows from a step's event. The state machine's only transition. */
export function transition(p: Promotion, event: Event): Promotion {
  const [step] = p.todo;
  if (step === undefined) return p;
  if (event.type === "failed") return failed(p, step, event.reason);
  if (event.type === "diagnosed") return diagnosed(p, event);
  return next(p, step);
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

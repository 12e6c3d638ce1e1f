import { type Entry, type EntryOf, openPromotions } from "../ledger/entry.ts";
import { emergencyCodes, type Notification, type Transition } from "../notify/notification.ts";
import { type Release, sameRelease } from "../release/release.ts";
import { openRequests } from "./approval.ts";
import type { PromotionResult, ReleaseName } from "./messages.ts";
import type { Pin } from "./ports.ts";
import { nameOf, type Run } from "./run.ts";
import type { Tidings } from "./telling.ts";

/** True when a promotion left its environment in a state that only a person can mend. */
export const needsPerson = ({ status, backReason }: PromotionResult): boolean =>
  status === "Failed" && backReason !== undefined && emergencyCodes.includes(backReason.code);

/** What an environment did not keep: the release that was to come, or, where a person went back, what it ran. */
export const leftBy = ({ kind, release, before }: Pick<Run, "kind" | "release" | "before">): Release =>
  kind === "rollback" ? (before.candidate ?? before.release ?? release) : release;

/** How a promotion ended, as people are told of it. */
export function transitionOf({ status, backReason }: PromotionResult): Transition {
  switch (status) {
    case "Completed":
      return "completed";
    case "RolledBack":
      return "rolledBack";
    case "Pending":
      return "pending";
    case "Cancelled":
      return "cancelled";
    case "InProgress":
    case "Failed":
      if (backReason?.code === "RollbackIncomplete") return "rollbackIncomplete";
      return backReason?.code === "RollbackFailed" ? "rollbackFailed" : "failed";
  }
}

/** Why it ended so: why the way back failed comes first, it is what has to be mended now. */
function whyOf({ reason, backReason, remark }: PromotionResult): Notification["why"] {
  if (!backReason) return reason ?? remark;
  const first = reason ? `; before that ${reason.code}: ${reason.message}` : "";
  return { code: backReason.code, message: `${backReason.message}${first}` };
}

/** The next useful command. */
function nextOf(result: PromotionResult): string {
  const { environment, status, reason, backReason, runs, release } = result;
  if (needsPerson(result)) return `liftlock status ${environment}, then: liftlock resume ${environment}`;
  if (backReason || (status === "Failed" && runs?.id === release.id)) return `liftlock resume ${environment}`;
  if (status === "Completed") return `liftlock status ${environment}`;
  return reason?.hint ?? `liftlock history ${environment}`;
}

/**
 * What people are told of a promotion's end.
 * @param left what the environment did not keep
 * @param pinned what its configuration says now
 */
export function endTidings(
  result: PromotionResult,
  promotion: string,
  left: ReleaseName,
  pinned: ReleaseName | undefined,
): Tidings {
  const { status } = result;
  const transition = transitionOf(result);
  const back =
    status === "RolledBack" || transition === "rollbackIncomplete" || transition === "rollbackFailed";
  const ran = transition === "rollbackIncomplete" ? pinned : result.runs;
  // What runs in place of the release; of one that came, what ran before it.
  const previous = (transition === "completed" ? undefined : ran) ?? result.previous;
  const why = whyOf(result);
  return {
    promotion,
    transition,
    release: back ? left : result.release,
    ...(previous && { previous }),
    ...(why && { why: { code: why.code, message: why.message } }),
    next: nextOf(result),
  };
}

/** What the configuration says the environment should run. */
export const pinnedBy = ({ candidate, release }: Pin): ReleaseName | undefined => {
  const meant = candidate ?? release;
  return meant && nameOf(meant);
};

type Begun = EntryOf<"started">;

/** The promotion that a resume brings to its end: the last of the same release that a person began. */
export const continuedBy = (
  { id, kind, release }: Pick<Run, "id" | "kind" | "release">,
  entries: readonly Entry[],
): Begun | undefined =>
  kind === "resume"
    ? entries.findLast(
        (entry): entry is Begun =>
          entry.entry === "started" &&
          entry.kind !== "resume" &&
          entry.promotion !== id &&
          sameRelease(entry.release, release),
      )
    : undefined;

/** Requests for approval of this release that earlier runs made: the same promotion goes on. */
export const earlierRequests = (
  { id, release }: Pick<Run, "id" | "release">,
  entries: readonly Entry[],
): EntryOf<"requested">[] => {
  const { id: named } = nameOf(release);
  return openRequests(entries).filter((entry) => entry.promotion !== id && entry.releaseId === named);
};

/**
 * The id under which a promotion's end is told, or nothing when it has been told already. A resume ends somebody else's promotion:
 * under its id, so that two that bring it to the same end tell it once. What failed once more is told once more. A resume of what
 * has ended only brings a checkout up, unless it had to go back.
 */
export function toldAs(
  run: Pick<Run, "id" | "kind" | "release">,
  result: PromotionResult,
  entries: readonly Entry[],
): string | undefined {
  // A later run asks for the same approval again: who was asked knows.
  if (result.status === "Pending")
    return openRequests(entries).some(({ promotion }) => promotion === run.id) ? run.id : undefined;
  const continued = continuedBy(run, entries);
  if (!continued) return run.id;
  const open = openPromotions(entries).some(({ promotion }) => promotion === continued.promotion);
  if (open && (result.status === "Completed" || result.status === "RolledBack")) return continued.promotion;
  const touched = result.backReason !== undefined || result.steps.some(({ name }) => name === "revert");
  return open || touched ? run.id : undefined;
}

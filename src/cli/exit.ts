import type { PromotionResult } from "../automation/messages.ts";
import type { Failure, FailureCode } from "../release/failure.ts";

/** Exit codes of every command. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  rolledBack: 4,
  drift: 5,
  interrupted: 130,
} as const;

const usage: readonly FailureCode[] = [
  "UsageInvalid",
  "ConfigInvalid",
  "EnvironmentVariables",
  "StackUnknown",
  "VersionUnknown",
  "PassphraseMissing",
  "TokenMissing",
  "ReleaseInvalid",
  "EngineUnavailable",
];

const refused: readonly FailureCode[] = [
  "NothingToPromote",
  "PromotionInProgress",
  "PromotionInterrupted",
  "UnsafeChange",
  "PolicyViolated",
  "StalePin",
  "Drifted",
  "Vetoed",
  "NoRollbackTarget",
  "TestsFailed",
  "SoakTooShort",
  "FreezeWindow",
  "RateLimited",
  "ConcurrencyLimited",
  "Stopped",
  "WayBackMissing",
  "ApprovalPending",
  "ApprovalDenied",
  "ApprovalExpired",
  "ApprovalVoid",
  "CleanupRefused",
];

/** The exit code of a failure that ended a command before or without a result. */
export function exitOf(failure: Failure): number {
  if (usage.includes(failure.code)) return exits.usage;
  if (refused.includes(failure.code)) return exits.refused;
  if (failure.code === "Interrupted") return exits.interrupted;
  return failure.code === "ComposeInvalid" && failure.fault === "user" ? exits.usage : exits.failed;
}

/** The exit code of a promotion's result. */
export function exitOfResult(result: PromotionResult): number {
  if (result.interrupted) return exits.interrupted;
  if (result.status === "Completed") return exits.done;
  if (result.status === "RolledBack") return result.kind === "rollback" ? exits.done : exits.rolledBack;
  // What `resume` withdrew had touched nothing: it did what it was asked to do.
  if (
    result.kind === "resume" &&
    result.runs &&
    result.backReason === undefined &&
    result.reason?.code === "Interrupted"
  )
    return exits.done;
  const refusedHere =
    result.reason && refused.includes(result.reason.code) && result.backReason === undefined;
  return refusedHere ? exits.refused : exits.failed;
}

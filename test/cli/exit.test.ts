import { describe, expect, it } from "vitest";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { exitOf, exitOfResult } from "../../src/cli/exit.ts";
import { Failure, type FailureCode } from "../../src/release/failure.ts";
import { result } from "./results.ts";

const reason = (code: FailureCode) => ({ code, message: "for a reason" });

describe("a failure that ended a command", () => {
  it.each<[number, FailureCode[]]>([
    [2, ["UsageInvalid", "ConfigInvalid", "StackUnknown", "ReleaseInvalid", "TokenMissing"]],
    [3, ["Stopped", "Vetoed", "TestsFailed", "SoakTooShort", "FreezeWindow", "Drifted", "WayBackMissing"]],
    [3, ["RateLimited", "ConcurrencyLimited", "ApprovalDenied", "NothingToPromote", "PromotionInProgress"]],
    [1, ["ImageMissing", "InvalidSignature", "LedgerCorrupted", "HostUnreachable", "Unexpected"]],
    [130, ["Interrupted"]],
  ])("exit %i: %j", (exit, codes) => {
    for (const code of codes) expect(exitOf(new Failure(reason(code)))).toBe(exit);
  });

  it("a compose file of the user's is bad input, one that a host refuses is not", () => {
    expect(exitOf(new Failure({ ...reason("ComposeInvalid"), fault: "user" }))).toBe(2);
    expect(exitOf(new Failure(reason("ComposeInvalid")))).toBe(1);
  });
});

it.each<[string, Partial<PromotionResult>, number]>([
  ["completed", {}, 0],
  ["rolled back by itself", { status: "RolledBack", reason: reason("StartFailed") }, 4],
  ["rolled back as asked", { kind: "rollback", status: "RolledBack", reason: reason("Interrupted") }, 0],
  ["waits for approval", { status: "Pending", reason: reason("ApprovalPending") }, 3],
  ["approved as something else", { status: "Pending", reason: reason("ApprovalVoid") }, 3],
  ["denied", { status: "Cancelled", reason: reason("ApprovalDenied") }, 3],
  ["nobody approved", { status: "Cancelled", reason: reason("ApprovalExpired") }, 3],
  ["an unsafe preview", { status: "Failed", reason: reason("UnsafeChange") }, 3],
  ["an image that is not there", { status: "Failed", reason: reason("ImageMissing") }, 1],
  [
    "no way back",
    { status: "Failed", reason: reason("StartFailed"), backReason: reason("NoRollbackTarget") },
    1,
  ],
  [
    "too many ways back",
    { status: "Failed", reason: reason("StartFailed"), backReason: reason("RateLimited") },
    1,
  ],
  ["withdrawn", { kind: "resume", status: "Failed", reason: reason("Interrupted") }, 0],
  ["interrupted", { status: "Failed", interrupted: true }, 130],
])("a result, %s: exit %#", (_, change, exit) => {
  expect(exitOfResult(result(change))).toBe(exit);
});

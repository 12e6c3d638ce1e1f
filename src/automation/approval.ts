import type { Entry, EntryOf } from "../ledger/entry.ts";
import { type ApprovalRequest, type Decision, judgeApproval } from "../plan/approval.ts";
import { approvalHash } from "../plan/approvalHash.ts";
import { forwardSteps } from "../plan/promotion.ts";
import { Failure } from "../release/failure.ts";
import { releaseId } from "../release/release.ts";
import type { Run } from "./run.ts";

/** `octo-dev` of `octo-dev@github`: policies name people without the place where they act. */
export const loginOf = (actor: string): string => actor.replace(/@.*$/, "");

/** What is asked for now: requests after which no promotion into the environment has come to its end. */
export function openRequests(entries: readonly Entry[]): EntryOf<"requested">[] {
  const over = entries.findLastIndex(
    (entry) => entry.entry === "ended" && entry.status !== "Pending" && entry.status !== "Failed",
  );
  return entries.slice(over + 1).flatMap((entry) => (entry.entry === "requested" ? [entry] : []));
}

/** What people said of these requests. */
export const decisionsOn = (
  entries: readonly Entry[],
  requests: readonly EntryOf<"requested">[],
): Decision[] =>
  entries.flatMap((entry): Decision[] =>
    entry.entry === "approval" && requests.some(({ promotion }) => promotion === entry.promotion)
      ? [
          {
            who: loginOf(entry.actor),
            decision: entry.decision === "approved" ? "approve" : "deny",
            hash: entry.bound,
            at: new Date(entry.time),
            ...(entry.why !== undefined && { reason: entry.why }),
          },
        ]
      : [],
  );

const requestOf = (entry: EntryOf<"requested">, environment: string): ApprovalRequest => ({
  promotion: entry.promotion,
  environment,
  hash: entry.bound,
  initiator: loginOf(entry.actor),
  requestedAt: new Date(entry.time),
});

/** Asks once for what would be done now; asked before, the same request goes on. */
async function request(run: Run, hash: string): Promise<{ entry: EntryOf<"requested">; entries: Entry[] }> {
  const before = await run.journal.entries();
  const known = openRequests(before).findLast(({ bound }) => bound === hash);
  if (known) return { entry: known, entries: before };
  const { version } = run.release;
  await run.journal.remark({ entry: "requested", releaseId: releaseId(run.release), version, bound: hash });
  const entries = await run.journal.entries();
  const entry = openRequests(entries).findLast(({ bound }) => bound === hash);
  if (entry) return { entry, entries };
  throw new Failure({
    code: "LedgerUnavailable",
    message: "the ledger does not show the request for approval that was just written",
  });
}

/**
 * Whether people have agreed to exactly this: release, steps, overrides and preview.
 * @returns who approved, in a few words
 * @throws Failure `ApprovalPending`, `ApprovalDenied`, `ApprovalExpired`, `ApprovalVoid`
 */
export async function obtainApproval(run: Run): Promise<string> {
  const policy = run.target.config.approval;
  if (policy.required === 0) return "not required";
  if (!run.preview) throw new Failure({ code: "Unexpected", message: "no preview was begun", fault: "ours" });
  const hash = approvalHash({
    environment: run.target.name,
    release: run.release,
    steps: forwardSteps(run.stages),
    overrides: run.gates.flatMap(({ override }) => (override ? [override] : [])),
    preview: await run.preview.result,
  });
  const { entry, entries } = await request(run, hash);
  // Of what was asked before, too: who has approved something else is told so.
  const decisions = decisionsOn(entries, openRequests(entries));
  const verdict = judgeApproval(policy, requestOf(entry, run.target.name), decisions, run.context.now());
  if (verdict.reason) throw new Failure(verdict.reason);
  return `by ${verdict.by.join(", ")}`;
}

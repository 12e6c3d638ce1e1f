import type { PromotionResult } from "../../automation/messages.ts";
import type { Reason } from "../../plan/promotion.ts";
import { liesInRelease } from "../../plan/veto.ts";
import { exitOfResult, exits } from "../exit.ts";
import { duration } from "./line.ts";

/** A reason with what to do about it, each on a line of its own. */
const told = ({ code, message, hint }: Reason): string[] => [
  `  ${code}: ${message}`,
  ...(hint === undefined ? [] : [`  ${hint}`]),
];

const runsNow = (r: PromotionResult): string =>
  r.runs ? `${r.environment} runs ${r.runs.version}` : `nothing that is verified runs in ${r.environment}`;

/** What does not change how it ended, and must not be overlooked. */
const besides = (r: PromotionResult): string[] => [
  ...(r.overridden
    ? [`In spite of:  ${r.overridden.map(({ gate, reason, by }) => `${gate} (${reason}, ${by})`).join(", ")}`]
    : []),
  ...(r.remark ? ["One thing was left:", ...told(r.remark)] : []),
  ...(r.incident === undefined ? [] : [`Incident report: ${r.incident}`]),
];

/** What a person has to do now that nothing goes by itself any more. */
const todo = ({ instructions, environment }: PromotionResult): string[] => {
  const given = instructions ?? [
    `liftlock status ${environment}`,
    `liftlock resume ${environment}   or   liftlock deploy ${environment} --release <file>`,
  ];
  return ["", "A person is needed:", ...given.map((line, i) => `  ${i + 1}. ${line}`)];
};

/** A release that failed for a reason of its own does not come again by itself. */
function vetoed(r: PromotionResult): string[] {
  const wentBack = r.status === "RolledBack" || r.backReason !== undefined;
  if (r.kind === "rollback" || !wentBack || !r.reason || !liesInRelease(r.reason.code)) return [];
  const { version } = r.release;
  return [
    `${version} is vetoed there until you lift it:  liftlock veto lift ${r.environment} ${version} --reason "…"`,
  ];
}

function completed(r: PromotionResult): string[] {
  const was = r.previous && r.previous.id !== r.release.id ? ` (was ${r.previous.version})` : "";
  return [
    `Completed in ${duration(r.seconds)}. ${runsNow(r)}${was}.`,
    ...besides(r),
    `Back again:  liftlock rollback ${r.environment}        What happened:  liftlock history ${r.environment}`,
  ];
}

function rolledBack(r: PromotionResult): string[] {
  const total = duration(r.seconds);
  if (r.kind === "rollback")
    return [
      `Rolled back in ${total}. ${runsNow(r)}.`,
      ...besides(r),
      `What happened:  liftlock history ${r.environment}`,
    ];
  return [
    `Rolled back (${r.reason?.code ?? "unknown"}) in ${total}. ${runsNow(r)}; ${r.release.version} did not come.`,
    ...(r.reason ? [`  ${r.reason.message}`] : []),
    ...(r.recoverySeconds === undefined
      ? []
      : [`First failure to healthy again: ${duration(r.recoverySeconds)}.`]),
    ...vetoed(r),
    ...besides(r),
  ];
}

/** Nothing was touched: people have not agreed, or not to this. */
function waiting(r: PromotionResult): string[] {
  return [
    `Waits for approval (${r.reason?.code ?? "unknown"}). ${runsNow(r)}; nothing was touched.`,
    ...(r.reason ? [`  ${r.reason.message}`] : []),
    ...(r.reason?.hint === undefined ? [] : [`  ${r.reason.hint}`]),
    ...besides(r),
    "Once approved, the same command goes on. What waits:  liftlock pending",
  ];
}

const cancelled = (r: PromotionResult): string[] => [
  `Cancelled (${r.reason?.code ?? "unknown"}) after ${duration(r.seconds)}. ${runsNow(r)}; nothing was touched.`,
  ...(r.reason ? [`  ${r.reason.message}`] : []),
  ...(r.reason?.hint === undefined ? [] : [`  ${r.reason.hint}`]),
];

function failed(r: PromotionResult): string[] {
  const { reason, backReason } = r;
  const total = duration(r.seconds);
  if (r.kind === "resume" && r.runs && !backReason && reason?.code === "Interrupted")
    return [`Withdrawn in ${total}: ${reason.message}. ${runsNow(r)}.`];
  const word = exitOfResult(r) === exits.refused ? "Refused" : "Failed";
  const first = `${word} (${(backReason ?? reason)?.code ?? "unknown"}) after ${total}. ${runsNow(r)}.`;
  if (!backReason) return [first, ...(reason ? told(reason) : []), ...besides(r)];
  return [
    first,
    ...(reason ? [`  ${reason.code}: ${reason.message}`] : []),
    ...told(backReason),
    ...vetoed(r),
    ...besides(r),
    ...todo(r),
  ];
}

function lines(r: PromotionResult): string[] {
  switch (r.status) {
    case "Completed":
      return completed(r);
    case "RolledBack":
      return rolledBack(r);
    case "Pending":
      return waiting(r);
    case "Cancelled":
      return cancelled(r);
    case "Failed":
    case "InProgress":
      return failed(r);
  }
}

/** The last lines: what runs now, in spite of what, and the next useful command. */
export const conclusion = (r: PromotionResult): string => lines(r).join("\n");

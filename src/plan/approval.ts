import { z } from "zod";
import { clock, counted } from "./gates/words.ts";
import type { Reason } from "./promotion.ts";

/** Logins are compared without regard to case, as GitHub does. */
const sameLogin = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** Who has to agree before a release comes to an environment: `liftlock:approval`. */
export const approvalPolicySchema = z
  .strictObject({
    /** People who have to agree; 0: nobody is asked. */
    required: z.int().min(0).max(20).default(0),
    /** Logins of those who may. */
    by: z.array(z.string().trim().min(1, "expected a login")).default([]),
    /** Whether the person who started the promotion may not approve it. */
    notInitiator: z.boolean().default(false),
    /** Seconds after which nobody is waited for any longer; default a day. */
    timeoutSeconds: z.int().min(60).max(2_592_000).default(86_400),
  })
  .superRefine(({ by, required }, context) => {
    const people = new Set(by.map((login) => login.trim().toLowerCase()));
    if (people.size < by.length)
      context.addIssue({ code: "custom", path: ["by"], message: "expected each login once" });
    if (people.size < required)
      context.addIssue({
        code: "custom",
        path: ["by"],
        message: `expected at least ${counted(required, "login")}, as many as \`required\`; got ${people.size}`,
      });
  })
  .prefault({});

export type ApprovalPolicy = z.output<typeof approvalPolicySchema>;

/** A promotion that asks for approval. */
export interface ApprovalRequest {
  promotion: string;
  environment: string;
  /** Of what would be done now; from `approvalHash`. */
  hash: string;
  /** Who started the promotion. */
  initiator: string;
  requestedAt: Date;
}

/** What a person said. */
export interface Decision {
  who: string;
  decision: "approve" | "deny";
  /** Of what they were shown. */
  hash: string;
  at: Date;
  reason?: string;
}

/**
 * Why a decision does not count: `notAllowed` (not among those who may), `initiator` (barred from approving), `void` (about
 * something else than what would be done now), `early` (before it was asked for), `late` (after the time was over).
 */
export type Disregard = "notAllowed" | "initiator" | "void" | "early" | "late";

export interface ApprovalVerdict {
  /** `void`: what was approved has changed, and nobody has approved what it is now. Like `pending`, but somebody should be told. */
  status: "notRequired" | "pending" | "approved" | "denied" | "expired" | "void";
  /** Those whose approval counts. */
  by: readonly string[];
  /** Approvals still needed. */
  missing: number;
  /** When the time is over. Absent when nobody is asked. */
  until?: Date;
  /** Decisions that do not count, and why. */
  ignored: readonly { who: string; why: Disregard }[];
  /** Why it may not go on; absent when it may. */
  reason?: Reason;
}

function disregard(
  decision: Decision,
  policy: ApprovalPolicy,
  request: ApprovalRequest,
  until: Date,
): Disregard | undefined {
  if (!policy.by.some((login) => sameLogin(login, decision.who))) return "notAllowed";
  // The one who started it may still stop it.
  const own = sameLogin(decision.who, request.initiator);
  if (policy.notInitiator && own && decision.decision === "approve") return "initiator";
  if (decision.hash !== request.hash) return "void";
  // Negated, so that a time that is none does not count.
  if (!(decision.at >= request.requestedAt)) return "early";
  if (!(decision.at < until)) return "late";
  return undefined;
}

/** The last decision of each person; of two at the same instant the later in the list. */
function lastWords(decisions: readonly Decision[]): Decision[] {
  const words = new Map<string, Decision>();
  for (const decision of [...decisions].sort((a, b) => a.at.getTime() - b.at.getTime()))
    words.set(decision.who.trim().toLowerCase(), decision);
  return [...words.values()];
}

interface Tally {
  /** Those whose approval counts. */
  by: readonly string[];
  denial: Decision | undefined;
  /** Approvals of something else. */
  voided: readonly Decision[];
  ignored: readonly { who: string; why: Disregard }[];
}

function tally(
  policy: ApprovalPolicy,
  request: ApprovalRequest,
  decisions: readonly Decision[],
  until: Date,
): Tally {
  const judged = decisions.map((decision) => ({
    decision,
    why: disregard(decision, policy, request, until),
  }));
  const counting = lastWords(judged.filter(({ why }) => why === undefined).map(({ decision }) => decision));
  return {
    by: counting.filter(({ decision }) => decision === "approve").map(({ who }) => who),
    denial: counting.find(({ decision }) => decision === "deny"),
    voided: judged
      .filter(({ decision, why }) => why === "void" && decision.decision === "approve")
      .map(({ decision }) => decision),
    ignored: judged.flatMap(({ decision: { who }, why }) => (why === undefined ? [] : [{ who, why }])),
  };
}

const names = (people: readonly string[]) => [...new Set(people)].join(", ");

/** A time in UTC; what no clock shows is said to be none. */
const shown = (instant: Date, now: Date) =>
  Number.isNaN(instant.getTime()) ? "a time that is none" : clock(instant, now, "UTC");

const askFor = (promotion: string) =>
  `liftlock approve ${promotion}   (or: liftlock deny ${promotion} --reason "…")`;

const deniedBy = (request: ApprovalRequest, { who, reason }: Decision): Reason => ({
  code: "ApprovalDenied",
  message: `${who} denied promotion ${request.promotion} into ${request.environment}${reason ? `: ${reason}` : ""}`,
});

const expired = (request: ApprovalRequest, needs: string, until: string): Reason => ({
  code: "ApprovalExpired",
  message: `${needs} of promotion ${request.promotion}; given in time was not enough (until ${until})`,
  hint: "Nothing was touched. Start the promotion again, and tell those who may approve.",
});

const changed = (request: ApprovalRequest, voided: readonly Decision[]): Reason => ({
  code: "ApprovalVoid",
  message: `${names(voided.map(({ who }) => who))} approved something else (${voided.at(-1)?.hash.slice(0, 12) ?? ""}) than what would be done now (${request.hash.slice(0, 12)})`,
  hint: `Look at it again: liftlock plan. Then: ${askFor(request.promotion)}`,
});

function pending(
  policy: ApprovalPolicy,
  request: ApprovalRequest,
  { by }: Tally,
  needs: string,
  until: string,
): Reason {
  const left = policy.by.filter(
    (login) =>
      !by.some((who) => sameLogin(who, login)) &&
      !(policy.notInitiator && sameLogin(login, request.initiator)),
  );
  const enough = by.length + left.length >= policy.required;
  const from = enough
    ? `from ${names(left)}, until ${until}`
    : `but too few others may give it: liftlock:approval.by has ${names(policy.by)}, and ${request.initiator} started it`;
  return { code: "ApprovalPending", message: `${needs}, ${from}`, hint: askFor(request.promotion) };
}

/**
 * Whether people have agreed to what would be done now. Only decisions about exactly that, by people who may, made in time, count;
 * each person once, with their last word; one denial is enough. An approval reached in time stays one after the time is over.
 */
export function judgeApproval(
  policy: ApprovalPolicy,
  request: ApprovalRequest,
  decisions: readonly Decision[],
  now: Date,
): ApprovalVerdict {
  if (policy.required === 0) return { status: "notRequired", by: [], missing: 0, ignored: [] };
  const until = new Date(request.requestedAt.getTime() + policy.timeoutSeconds * 1000);
  const found = tally(policy, request, decisions, until);
  const { by, denial, voided, ignored } = found;
  const missing = Math.max(0, policy.required - by.length);
  const common = { by, missing, until, ignored };
  const needs = `${request.environment} needs ${counted(missing, "more approval")}`;
  if (denial) return { ...common, status: "denied", reason: deniedBy(request, denial) };
  if (missing === 0) return { ...common, status: "approved" };
  // Negated, so that a request whose time is none has expired.
  if (!(now < until))
    return { ...common, status: "expired", reason: expired(request, needs, shown(until, now)) };
  if (by.length === 0 && voided.length > 0)
    return { ...common, status: "void", reason: changed(request, voided) };
  const reason = pending(policy, request, found, needs, shown(until, now));
  return { ...common, status: "pending", reason };
}

import { endOf } from "../../release/expiry.ts";
import { counted } from "../gates/words.ts";
import type { Reason } from "../promotion.ts";
import type { Objection, PolicyFacts } from "./facts.ts";
import { type RuleName, ruleNames, rules } from "./rules.ts";
import type { InfrastructurePolicy, PolicyException } from "./schema.ts";

/** Something that is not as a rule wants it. */
export interface PolicyFinding extends Objection {
  /** True for what the update would bring, false for what is so already. */
  brought: boolean;
  /** Why it may be so for a while. */
  excepted?: Pick<PolicyException, "reason" | "by" | "expires">;
}

/** What one rule came to. */
export interface PolicyVerdict {
  rule: RuleName;
  level: "mandatory" | "advisory";
  /** What holds where it is kept. */
  says: string;
  status: "kept" | "advice" | "excepted" | "violated";
  findings: PolicyFinding[];
}

/** The exception that holds now for a finding. */
const exceptionFor = (
  rule: RuleName,
  subject: string,
  { exceptions }: InfrastructurePolicy,
  now: Date,
): PolicyException | undefined =>
  exceptions.find(
    (one) =>
      one.rule === rule && (one.subjects?.includes(subject) ?? true) && now.getTime() < endOf(one.expires),
  );

function statusOf(
  level: PolicyVerdict["level"],
  findings: readonly PolicyFinding[],
): PolicyVerdict["status"] {
  if (findings.length === 0) return "kept";
  if (findings.every(({ excepted }) => excepted)) return "excepted";
  return level === "advisory" ? "advice" : "violated";
}

/**
 * Holds an environment against every rule.
 * @param before how it is now: what is so already is not what the update brings; absent: nothing is
 * @param now by which exceptions are judged
 */
export function judgePolicy(
  policy: InfrastructurePolicy,
  facts: PolicyFacts,
  before: PolicyFacts | undefined,
  now: Date,
): PolicyVerdict[] {
  return ruleNames.map((rule) => {
    const { level, says, judge } = rules[rule];
    const known = new Set(
      (before ? judge(before) : []).map(({ subject, message }) => `${subject}\n${message}`),
    );
    const findings = judge(facts).map((objection): PolicyFinding => {
      const exception = exceptionFor(rule, objection.subject, policy, now);
      return {
        ...objection,
        brought: !known.has(`${objection.subject}\n${objection.message}`),
        ...(exception && {
          excepted: { reason: exception.reason, by: exception.by, expires: exception.expires },
        }),
      };
    });
    return { rule, level, says, status: statusOf(level, findings), findings };
  });
}

/** Why the policy refuses an update: mandatory rules that it would break. What is broken already does not stop what may mend it. */
export function policyRefusal(verdicts: readonly PolicyVerdict[]): Reason | undefined {
  const found = verdicts
    .filter(({ status }) => status === "violated")
    .flatMap(({ rule, findings }) =>
      findings
        .filter(({ brought, excepted }) => brought && !excepted)
        .map(({ subject, message }) => ({ rule, line: `${rule}: ${subject}: ${message}` })),
    );
  const [first] = found;
  if (!first) return undefined;
  return {
    code: "PolicyViolated",
    message: `the policy is broken in ${counted(found.length, "place")}:\n${found.map(({ line }) => `  ${line}`).join("\n")}`,
    hint: `Mend it, or say for how long and why it may be so: liftlock:policy.exceptions (rule: ${first.rule}; docs/policy.md).`,
  };
}

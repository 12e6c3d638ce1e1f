import type { GateVerdict } from "../plan/gates/gate.ts";
import { refusal } from "../plan/gates/refusal.ts";
import { type PolicyVerdict, policyRefusal } from "../plan/policy/judge.ts";
import { judgePreview, type Preview } from "../plan/preview.ts";
import { forwardSteps, type Reason } from "../plan/promotion.ts";
import { asFailure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import type { ReleaseName } from "./messages.ts";
import { policyOf } from "./policy.ts";
import { type Lift, prepare } from "./prepare.ts";
import { nameOf } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What a promotion would do, and whether it would begin. */
export interface LiftPlan {
  kind: Lift["kind"];
  environment: string;
  source?: string;
  release: ReleaseName;
  previous?: ReleaseName;
  attempt: number;
  gates: readonly GateVerdict[];
  /** What was proven of the images, in a few words; absent when they would be refused. */
  images?: string;
  preview: Preview;
  /** Each rule of the infrastructure's policy, held against the preview. */
  policy: readonly PolicyVerdict[];
  /** People who would have to agree. */
  approvals: number;
  steps: string[];
  /** Everything that keeps it from going on, gates first. */
  refusals: Reason[];
}

const reasonOf = (thrown: unknown): Reason => {
  const { code, message, hint } = asFailure(thrown);
  return { code, message, ...(hint !== undefined && { hint }) };
};

/**
 * Looks at everything that a promotion would be judged by. Touches nothing, and takes no lease: what it says may have changed when the
 * promotion begins.
 * @throws Failure when it cannot even be judged
 */
export async function planLift(context: DriverContext, wish: Lift): Promise<LiftPlan> {
  const ledger = await context.ledger();
  await using prepared = await prepare(context, wish, ledger, new Stopwatch());
  const { target, release, before, attempt, gates, stages } = prepared;
  const [verified, preview] = await Promise.all([
    target.images.verify(wish.release).then(
      (images) => ({ images }),
      (thrown: unknown) => ({ refusal: reasonOf(thrown) }),
    ),
    prepared.preview.result,
  ]);
  const policy = policyOf(context, target, preview);
  const refusals = [
    refusal(gates),
    "refusal" in verified ? verified.refusal : undefined,
    judgePreview(preview, wish.allow),
    policyRefusal(policy),
  ].filter((reason) => reason !== undefined);
  return {
    kind: wish.kind,
    environment: target.name,
    ...(wish.source !== undefined && { source: wish.source }),
    release: nameOf(release),
    ...(before.release && { previous: nameOf(before.release) }),
    attempt,
    gates,
    ...("images" in verified && { images: verified.images }),
    preview,
    policy,
    approvals: target.config.approval.required,
    steps: forwardSteps(stages).map(({ name }) => name),
    refusals,
  };
}

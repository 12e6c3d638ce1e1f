import { policyRefusal } from "../plan/policy/judge.ts";
import { describePreview, judgePreview } from "../plan/preview.ts";
import type { Step } from "../plan/promotion.ts";
import { Failure } from "../release/failure.ts";
import { sameRelease } from "../release/release.ts";
import { obtainApproval } from "./approval.ts";
import type { Effect } from "./carryOut.ts";
import { copy, images } from "./effects/images.ts";
import { candidate, deploy, repeat, watch } from "./effects/rollout.ts";
import { latest, retag, tag } from "./effects/tags.ts";
import { verify } from "./effects/verify.ts";
import { diagnose, pinRevert, revert, verifyRevert } from "./effects/wayBack.ts";
import { policyOf } from "./policy.ts";

/** What was planned while facts and images were looked at. */
const preview: Effect = async ({ preview, allowed, context, target }) => {
  if (!preview) throw new Failure({ code: "Unexpected", message: "no preview was begun", fault: "ours" });
  const planned = await preview.result;
  const broken = policyRefusal(policyOf(context, target, planned));
  const refusal = judgePreview(planned, allowed) ?? broken;
  if (refusal) throw new Failure(refusal);
  return `${describePreview(planned.counts)}; nothing stateful is replaced`;
};

const approval: Effect = (run) => obtainApproval(run);

const pin: Effect = async (run) => {
  const found = run.target.file.pin();
  const edited = !sameRelease(found.candidate, run.release) || found.rollout.attempt !== run.attempt;
  // A promotion that is finished from another checkout was never written down in this one.
  if (edited && run.kind !== "resume")
    run.context.notify({
      code: "warning",
      payload: {
        message: `${run.target.file.name} was edited during the promotion; the pin is set to what runs, other edits stay`,
      },
    });
  const mode = found.rollout.attempt === run.attempt ? found.rollout.mode : "forward";
  run.target.file.write({
    release: run.release,
    candidate: undefined,
    rollout: { attempt: run.attempt, mode },
  });
  return run.release.version;
};

const withdraw: Effect = async (run) => {
  run.target.file.write(run.before);
  return "the configuration is as before; nothing was touched";
};

/** What each step of a promotion does. */
export const effects: Readonly<Record<Step["name"], Effect>> = {
  images,
  preview,
  approval,
  copy,
  tag,
  candidate,
  repeat,
  deploy,
  watch,
  verify,
  pin,
  latest,
  withdraw,
  retag,
  diagnose,
  revert,
  verifyRevert,
  pinRevert,
};

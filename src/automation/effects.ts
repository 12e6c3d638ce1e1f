import { setTimeout as sleep } from "node:timers/promises";
import { dockerConfig } from "../../infra/payload.ts";
import { watchEndpoints } from "../health/endpoints.ts";
import { anyTouched, classify, gravest, refine } from "../plan/deployFailure.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import { limits } from "../plan/limits.ts";
import { describePreview, judgePreview } from "../plan/preview.ts";
import { type Reason, rollbackTargets, type Step } from "../plan/promotion.ts";
import { countHealthy, judgeHosts } from "../plan/verdict.ts";
import { verifyImages } from "../registry/images.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";
import { reportFailures } from "./diagnosis.ts";
import type { Environment } from "./environment.ts";
import type { Effect, Run } from "./run.ts";
import type { Pin } from "./stackFile.ts";
import { applyUpdate } from "./update.ts";

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

const failureOf = (reason: Reason): Failure => new Failure(reason);

/** Images are there; the hosts fetch them meanwhile, so that the update itself only switches. */
const images: Effect = async ({ release, target, watch, before }) => {
  const { registry } = target.outputs.access;
  const references = Object.values(release.images);
  const verified = verifyImages(release, registry ?? undefined);
  const fetched = watch.outside(
    target.fleet.prefetch(references, registry ? dockerConfig(registry) : undefined),
  );
  await verified;
  await fetched;
  const back = before.release ? `, way back: ${before.release.version}` : ", no release to go back to yet";
  return `${references.length} of ${references.length} served by the registry${back}`;
};

/** What was planned while facts and images were looked at. */
const preview: Effect = async ({ preview, allowed }) => {
  if (!preview) throw new Failure({ code: "Unexpected", message: "no preview was begun", fault: "ours" });
  const planned = await preview.result;
  const refusal = judgePreview(planned, allowed);
  if (refusal) throw failureOf(refusal);
  return `${describePreview(planned.counts)}; nothing stateful is replaced`;
};

/** What the target's configuration shall say while the release is rolled out. */
export const candidatePin = (before: Pin, release: Release): Pin => ({
  ...before,
  candidate: release,
  rollout: { attempt: before.rollout.attempt + 1, mode: "forward" },
});

/** Writes exactly what was previewed. */
const candidate: Effect = async (run) => {
  const { target, before, release, preview } = run;
  const pin = candidatePin(before, release);
  if (preview && target.file.draft(pin) !== preview.draft)
    throw new Failure({
      code: "ConfigChanged",
      message: `${target.file.name} was edited after its preview`,
      hint: "Nothing was touched. Run the command again: the preview will show the edits.",
    });
  target.file.write(pin);
  return `attempt ${run.attempt}`;
};

/** One update of the stack; a failing one is told by what the hosts' scripts said. */
async function update(run: Run, message: string, limit: number): Promise<string> {
  const failures = await run.watch.outside(applyUpdate(run.context, run.target, message, limit));
  const reason = gravest(failures.map(classify));
  if (reason) throw failureOf(reason);
  return plural(run.target.outputs.hosts.length, "host");
}

const deploy: Effect = (run) =>
  update(
    run,
    `${run.kind} ${run.release.version} (${releaseId(run.release)}), attempt ${run.attempt}`,
    limits.deploy,
  );

/** Reads digests and health back from every host and asks the public endpoints, within the configured window. */
async function verifyRuns(run: Run, release: Release): Promise<string> {
  const { target, watch } = run;
  const { endpoints, jobs } = target.outputs;
  const { timeout, window } = target.config.health;
  const watched = watch.outside(
    watchEndpoints(endpoints, { timeout: timeout * 1000, window: window * 1000 }),
  );
  const look = async () => {
    run.readings = await watch.outside(target.fleet.observe());
    const finding = gravest(judgeHosts(run.readings, release, jobs, run.attempt));
    if (finding) throw failureOf({ code: finding.code, message: finding.message });
  };
  watched.catch(() => undefined);
  await look();
  const verdict = await watched;
  const bad = verdict.answers.find((answer) => answer.problem !== undefined);
  if (!verdict.pass)
    throw new Failure({
      code: "EndpointFailed",
      message: bad
        ? `${bad.url} ${bad.problem}`
        : "there is no public endpoint to ask (liftlock:health.paths is empty)",
    });
  // What was healthy at the start of the window must be so at its end.
  if (window > 0) await look();
  const [healthy, all] = countHealthy(run.readings, release, jobs);
  return `${healthy} of ${all} services healthy, ${plural(endpoints.length, "endpoint")}, digests read back from ${plural(run.readings.length, "host")}`;
}

const verify: Effect = (run) => verifyRuns(run, run.release);

const pin: Effect = async (run) => {
  const found = run.target.file.pin();
  if (!sameRelease(found.candidate, run.release) || found.rollout.attempt !== run.attempt)
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

/** Reads the hosts; a service between two restarts shows its exit code only a moment later. */
async function observeCrashes(target: Environment): Promise<HostReading[]> {
  for (let look = 1; ; look++) {
    const readings = await target.fleet.observe();
    const between = readings
      .filter(wasRead)
      .flatMap((r) => r.containers)
      .some((c) => c.restarts > 0 && c.status === "running" && c.health !== "healthy");
    if (!between || look === 8) return readings;
    await sleep(150);
  }
}

/** What failed and where, from the hosts themselves; and which earlier releases there are to go back to. */
const diagnose: Effect = async (run) => {
  const { target, watch, release, context } = run;
  const [readings, verified] = await Promise.all([
    watch.outside(observeCrashes(target)),
    target.verifiedReleases().catch(() => []),
    target.learnSecrets().catch(() => undefined),
  ]);
  run.readings = readings;
  const findings = judgeHosts(readings, release, target.outputs.jobs, run.attempt);
  const known: Reason = run.failure ?? { code: "EngineFailed", message: "the update failed" };
  const reason = refine(known, findings);
  await reportFailures(run, reason, findings);
  return {
    type: "diagnosed",
    reason: { ...reason, message: context.secrets.mask(reason.message) },
    touched: anyTouched(readings, run.attempt),
    targets: rollbackTargets([...(run.before.release ? [run.before.release] : []), ...verified], release),
  };
};

const targetOf = (step: Step, run: Run): Release => ("target" in step ? step.target : run.release);

/** A new update with the old release: never an import of old state. */
const revert: Effect = async (run, step) => {
  const target = targetOf(step, run);
  run.attempt += 1;
  const { release } = run.before;
  run.target.file.write({
    release,
    candidate: sameRelease(target, release) ? undefined : target,
    rollout: { attempt: run.attempt, mode: "revert" },
  });
  return update(
    run,
    `back to ${target.version} (${releaseId(target)}), attempt ${run.attempt}`,
    limits.rollback,
  );
};

const verifyRevert: Effect = (run, step) => verifyRuns(run, targetOf(step, run));

const pinRevert: Effect = async (run, step) => {
  const target = targetOf(step, run);
  run.target.file.write({
    release: target,
    candidate: undefined,
    rollout: { attempt: run.attempt, mode: "revert" },
  });
  return target.version;
};

/** What each step of a promotion does. */
export const effects: Readonly<Record<Step["name"], Effect>> = {
  images,
  preview,
  candidate,
  deploy,
  verify,
  pin,
  withdraw,
  diagnose,
  revert,
  verifyRevert,
  pinRevert,
};

import { anyTouched, refine } from "../../plan/deployFailure.ts";
import { type HostReading, wasRead } from "../../plan/facts.ts";
import { limits } from "../../plan/limits.ts";
import { type Reason, rollbackTargets, type Step } from "../../plan/promotion.ts";
import { judgeHosts } from "../../plan/verdict.ts";
import { type Release, releaseId, sameRelease } from "../../release/release.ts";
import type { Effect } from "../carryOut.ts";
import type { DriverContext } from "../context.ts";
import { reportFailures } from "../diagnosis.ts";
import { judgeWayBackRate, readRecords } from "../gateFacts.ts";
import type { Hosts } from "../ports.ts";
import type { Run } from "../run.ts";
import { update } from "./rollout.ts";
import { verifyRuns } from "./verify.ts";

/** Reads the hosts; a service between two restarts shows its exit code only a moment later. */
async function observeCrashes(hosts: Hosts, pause: DriverContext["pause"]): Promise<HostReading[]> {
  for (let look = 1; ; look++) {
    const readings = await hosts.observe();
    const between = readings
      .filter(wasRead)
      .flatMap((r) => r.containers)
      .some((c) => c.restarts > 0 && c.status === "running" && c.health !== "healthy");
    if (!between || look === 8) return readings;
    await pause(150);
  }
}

/** Ways back that begin by themselves are limited; beyond that a person has to look. A ledger that is down bars nothing. */
async function tooManyWaysBack({ context, target }: Run): Promise<Reason | undefined> {
  const records = await readRecords(await context.ledger(), context.workspace.environments());
  const reason = judgeWayBackRate(records, target.config.gates, context.now());
  return reason && { ...reason, hint: `Look at ${target.name}, then: liftlock resume ${target.name}` };
}

/** What failed and where, from the hosts themselves; and which earlier releases there are to go back to. */
export const diagnose: Effect = async (run) => {
  const { target, watch, release, context } = run;
  const [readings, verified] = await Promise.all([
    watch.outside(observeCrashes(target.hosts, context.pause)),
    target.verifiedReleases().catch(() => []),
    target.learnSecrets().catch(() => undefined),
  ]);
  run.readings = readings;
  const findings = judgeHosts(readings, release, target.outputs.jobs, run.attempt);
  const known: Reason = run.failure ?? { code: "EngineFailed", message: "the update failed" };
  const reason = refine(known, findings);
  await reportFailures(run, reason, findings);
  const barred = await tooManyWaysBack(run).catch(() => undefined);
  return {
    type: "diagnosed",
    barred,
    reason: { ...reason, message: context.secrets.mask(reason.message) },
    touched: anyTouched(readings, run.attempt),
    targets: rollbackTargets([...(run.before.release ? [run.before.release] : []), ...verified], release),
  };
};

const targetOf = (step: Step, run: Run): Release => ("target" in step ? step.target : run.release);

/** A new update with the old release: never an import of old state. */
export const revert: Effect = async (run, step) => {
  const target = targetOf(step, run);
  // The pin stays until the way back is verified, whatever it says by now.
  const release = run.target.file.pin().release ?? run.before.release;
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

export const verifyRevert: Effect = (run, step) => verifyRuns(run, targetOf(step, run));

export const pinRevert: Effect = async (run, step) => {
  const target = targetOf(step, run);
  run.target.file.write({
    release: target,
    candidate: undefined,
    rollout: { attempt: run.attempt, mode: "revert" },
  });
  return target.version;
};

import { classify, gravest } from "../../plan/deployFailure.ts";
import { counted } from "../../plan/gates/words.ts";
import { limits } from "../../plan/limits.ts";
import { hostCount, type Stage, whole } from "../../plan/strategy.ts";
import { judgeHosts } from "../../plan/verdict.ts";
import { Failure } from "../../release/failure.ts";
import { type Release, releaseId } from "../../release/release.ts";
import { analysisOf, judgeCanary } from "../canary.ts";
import type { Effect } from "../carryOut.ts";
import type { Pin } from "../ports.ts";
import type { Run } from "../run.ts";
import { endpointsAnswer } from "./verify.ts";

/** What a pin says while a release is on its way. */
const staged = (pin: Pin, stage: Stage = whole): Pin => ({
  ...pin,
  rollout: { ...pin.rollout, hosts: stage.hosts, traffic: stage.traffic },
});

/** What the target's configuration shall say while the release is rolled out. */
export const candidatePin = (before: Pin, release: Release, attempt: number): Pin => ({
  ...before,
  candidate: release,
  rollout: { attempt, mode: "forward" },
});

/** Writes exactly what was previewed. */
export const candidate: Effect = async (run) => {
  const { target, before, release, preview } = run;
  const pin = candidatePin(before, release, run.attempt);
  if (preview && target.file.draft(pin) !== preview.draft)
    throw new Failure({
      code: "ConfigChanged",
      message: `${target.file.name} was edited after its preview`,
      hint: "Nothing was touched. Run the command again: the preview will show the edits.",
    });
  target.file.write(staged(pin, run.stages[0]));
  return `attempt ${run.attempt}`;
};

/** One update of the stack; a failing one is told by what the hosts' scripts said. */
export async function update(run: Run, message: string, limit: number): Promise<string> {
  const failures = await run.watch.outside(run.target.update(message, limit));
  const reason = gravest(failures.map(classify));
  if (reason) throw new Failure(reason);
  return counted(run.target.outputs.hosts.length, "host");
}

const describeStage = ({ hosts, traffic }: Stage): string =>
  hosts < 100 ? `, ${hosts} % of the hosts` : traffic < 100 ? `, ${traffic} % of the requests` : "";

/** One stage of the rollout, one update of the stack. */
export const deploy: Effect = async (run, step) => {
  const stage = ("stage" in step ? step.stage : undefined) ?? whole;
  const { rollout } = run.target.file.pin();
  if ((rollout.hosts ?? 100) !== stage.hosts || (rollout.traffic ?? 100) !== stage.traffic)
    run.target.file.write(staged(run.target.file.pin(), stage));
  const said = describeStage(stage);
  const message = `${run.kind} ${run.release.version} (${releaseId(run.release)}), attempt ${run.attempt}${said}`;
  return `${await update(run, message, limits.deploy)}${said}`;
};

/** The hosts whose turn has come run the release, the others what they ran; everything answers for as long as the stage is watched. */
export const watch: Effect = async (run, step) => {
  const stage = ("stage" in step ? step.stage : undefined) ?? whole;
  const { target, before } = run;
  const { jobs, hosts } = target.outputs;
  const turn = new Set(hosts.slice(0, hostCount(stage.hosts, hosts.length)).map(({ name }) => name));
  const phase = stage.traffic < 100 ? "shifting" : "deployed";
  // What may run once moves with the last step.
  const absent = phase === "shifting" ? [...jobs, ...(target.config.edge?.once ?? [])] : jobs;
  const look = async () => {
    run.readings = await run.watch.outside(target.hosts.observe());
    const [has, waits] = [true, false].map((now) =>
      run.readings.filter(({ host }) => turn.has(host) === now),
    );
    const findings = [
      ...judgeHosts(has ?? [], run.release, absent, run.attempt, phase),
      ...(before.release && waits?.length ? judgeHosts(waits, before.release, jobs) : []),
    ];
    const finding = gravest(findings);
    if (finding) throw new Failure({ code: finding.code, message: finding.message });
  };
  await look();
  const policy = analysisOf(run, stage);
  const begun = policy && (await run.watch.outside(target.hosts.measure()));
  await endpointsAnswer(run, Math.max(stage.pause, target.config.health.window));
  await look();
  const places = new Map([...(begun ?? [])].map(([host, { place }]) => [host, place]));
  const measured = policy && (await judgeCanary(run, stage, policy, places));
  return `${counted(turn.size, "host")}${describeStage(stage)}, healthy for ${stage.pause} s${measured ? `; ${measured}` : ""}`;
};

/** Like a way back it needs no registry and runs no migrations: these were done before any host ran the release. */
export const repeat: Effect = async (run) => {
  const { target, release, attempt } = run;
  const rollout = { attempt, mode: "revert" } as const;
  target.file.write({ release: run.before.release, candidate: release, rollout });
  return update(
    run,
    `${release.version} (${releaseId(release)}) once more, attempt ${attempt}`,
    limits.deploy,
  );
};

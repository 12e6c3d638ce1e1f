import { dockerConfig } from "../../infra/payload.ts";
import { strategyOf } from "../../stacks/application.ts";
import { hostRegistry } from "../../stacks/hostRegistry.ts";
import { anyTouched, classify, gravest, refine } from "../plan/deployFailure.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import { limits } from "../plan/limits.ts";
import { describePreview, judgePreview } from "../plan/preview.ts";
import { type Reason, rollbackTargets, type Step } from "../plan/promotion.ts";
import { hostCount, type Stage, whole } from "../plan/strategy.ts";
import { countHealthy, judgeHosts } from "../plan/verdict.ts";
import { versionTag } from "../registry/tags.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId, sameImages, sameRelease } from "../release/release.ts";
import { obtainApproval } from "./approval.ts";
import { analysisOf, judgeCanary } from "./canary.ts";
import type { Effect } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { reportFailures } from "./diagnosis.ts";
import { judgeWayBackRate, readRecords } from "./gateFacts.ts";
import type { Hosts, Pin } from "./ports.ts";
import type { Run } from "./run.ts";

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

const failureOf = (reason: Reason): Failure => new Failure(reason);

/** What a step says that had nothing to do. */
const nothing = "";

const prefetch = ({ target, watch }: Run, release: Release): Promise<void> => {
  const { registry } = target.outputs.access;
  return watch.outside(
    target.hosts.prefetch(
      Object.values(release.images),
      registry ? dockerConfig(hostRegistry(registry)) : undefined,
    ),
  );
};

/** True when the release goes to other repositories than those it comes from. */
const moves = ({ source, release }: Run): boolean =>
  source !== undefined && !sameImages(release, source.release);

/**
 * True when images are under their new names in a moment: their registry only mounts what it has, and nobody is asked before. To
 * fetch them under the old names first would only add round trips.
 */
function movesAtOnce(run: Run): boolean {
  const { target, release, source } = run;
  const references = [release, source?.release].flatMap((named) => Object.values(named?.images ?? {}));
  const registries = new Set(references.map((reference) => reference.split("/")[0]));
  return moves(run) && registries.size === 1 && target.config.approval.required === 0;
}

/**
 * True when no host changes before every host has the images and has proven them: then the engine starts while they are fetched, and
 * the hosts' scripts wait for what is on its way.
 */
const movesTogether = ({ target, stages }: Run): boolean =>
  target.outputs.hosts.length === 1 ||
  (stages.length === 1 && strategyOf(target.config).type === "blueGreen");

/** Images are there and to be trusted; hosts begin to fetch them as early as it pays, so that the update itself only switches. */
const images: Effect = (run) => {
  const { target, release, source } = run;
  const given = source?.release ?? release;
  if (!movesAtOnce(run)) run.fetching = prefetch(run, given);
  return target.images.verify(given);
};

/** Untagged: nothing of it is seen before people have agreed and the tags move. Hosts still fetch while the registry copies. */
const copy: Effect = async (run) => {
  const { target, source, release, before } = run;
  const copied = source && moves(run) ? target.images.copy(source.release, before.release) : undefined;
  copied?.catch(() => undefined);
  if (!copied) {
    await run.fetching;
    return nothing;
  }
  const { images, bytes } = await copied;
  await run.fetching;
  // Where their layers are on the hosts already, only the manifests' new names are fetched.
  run.fetching = prefetch(run, release);
  if (movesTogether(run)) run.fetching.catch(() => undefined);
  else await run.fetching;
  return `${plural(images, "image")}, ${bytes} bytes moved`;
};

/** Tags that follow what runs in the environment: before, and after it is verified. */
function tagsOf({ target }: Run): { moving: string[]; latest: string[] } {
  const { tag, latest } = target.config.registry ?? {};
  return { moving: tag === undefined ? [] : [tag], latest: tag !== undefined && latest ? ["latest"] : [] };
}

async function setTags({ target }: Run, release: Release | undefined, tags: readonly string[]) {
  if (tags.length === 0 || !release) return nothing;
  const set = await target.images.tag(release, tags);
  if (!set) return nothing;
  return `${tags.join(", ")} → ${release.version}`;
}

const tag: Effect = async (run) => {
  const { moving } = tagsOf(run);
  const tags = run.source && moving.length > 0 ? [...moving, versionTag(run.release)] : [];
  return setTags(run, run.release, tags);
};

const latest: Effect = async (run) => setTags(run, run.release, run.source ? tagsOf(run).latest : []);

/** What the configuration pins is what runs, when this is asked for. */
const retag: Effect = async (run) => {
  const { moving, latest } = tagsOf(run);
  return setTags(run, run.target.file.pin().release, [...moving, ...latest]);
};

/** What was planned while facts and images were looked at. */
const preview: Effect = async ({ preview, allowed }) => {
  if (!preview) throw new Failure({ code: "Unexpected", message: "no preview was begun", fault: "ours" });
  const planned = await preview.result;
  const refusal = judgePreview(planned, allowed);
  if (refusal) throw failureOf(refusal);
  return `${describePreview(planned.counts)}; nothing stateful is replaced`;
};

const approval: Effect = (run) => obtainApproval(run);

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
const candidate: Effect = async (run) => {
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
async function update(run: Run, message: string, limit: number): Promise<string> {
  const failures = await run.watch.outside(run.target.update(message, limit));
  const reason = gravest(failures.map(classify));
  if (reason) throw failureOf(reason);
  return plural(run.target.outputs.hosts.length, "host");
}

const describeStage = ({ hosts, traffic }: Stage): string =>
  hosts < 100 ? `, ${hosts} % of the hosts` : traffic < 100 ? `, ${traffic} % of the requests` : "";

/** One stage of the rollout, one update of the stack. */
const deploy: Effect = async (run, step) => {
  const stage = ("stage" in step ? step.stage : undefined) ?? whole;
  const { rollout } = run.target.file.pin();
  if ((rollout.hosts ?? 100) !== stage.hosts || (rollout.traffic ?? 100) !== stage.traffic)
    run.target.file.write(staged(run.target.file.pin(), stage));
  const said = describeStage(stage);
  const message = `${run.kind} ${run.release.version} (${releaseId(run.release)}), attempt ${run.attempt}${said}`;
  return `${await update(run, message, limits.deploy)}${said}`;
};

/** The hosts whose turn has come run the release, the others what they ran; everything answers for as long as the stage is watched. */
const watch: Effect = async (run, step) => {
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
    if (finding) throw failureOf({ code: finding.code, message: finding.message });
  };
  await look();
  const policy = analysisOf(run, stage);
  const begun = policy && (await run.watch.outside(target.hosts.measure()));
  await endpointsAnswer(run, Math.max(stage.pause, target.config.health.window));
  await look();
  const places = new Map([...(begun ?? [])].map(([host, { place }]) => [host, place]));
  const measured = policy && (await judgeCanary(run, stage, policy, places));
  return `${plural(turn.size, "host")}${describeStage(stage)}, healthy for ${stage.pause} s${measured ? `; ${measured}` : ""}`;
};

/** Like a way back it needs no registry and runs no migrations: these were done before any host ran the release. */
const repeat: Effect = async (run) => {
  const { target, release, attempt } = run;
  const rollout = { attempt, mode: "revert" } as const;
  target.file.write({ release: run.before.release, candidate: release, rollout });
  return update(
    run,
    `${release.version} (${releaseId(release)}) once more, attempt ${attempt}`,
    limits.deploy,
  );
};

/** Every public endpoint answers, over a window in seconds. @throws Failure `EndpointFailed` */
async function endpointsAnswer({ target, watch }: Run, window?: number): Promise<void> {
  const verdict = await watch.outside(target.watchEndpoints(window));
  const bad = verdict.answers.find((answer) => answer.problem !== undefined);
  if (!verdict.pass)
    throw new Failure({
      code: "EndpointFailed",
      message: bad
        ? `${bad.url} ${bad.problem}`
        : "there is no public endpoint to ask (liftlock:health.paths is empty)",
    });
}

/** Reads digests and health back from every host and asks the public endpoints, within the configured window. */
async function verifyRuns(run: Run, release: Release): Promise<string> {
  const { target, watch } = run;
  const { endpoints, jobs } = target.outputs;
  const { window } = target.config.health;
  const watched = endpointsAnswer(run);
  const look = async () => {
    run.readings = await watch.outside(target.hosts.observe());
    const finding = gravest(judgeHosts(run.readings, release, jobs, run.attempt));
    if (finding) throw failureOf({ code: finding.code, message: finding.message });
  };
  watched.catch(() => undefined);
  await look();
  await watched;
  // What was healthy at the start of the window must be so at its end.
  if (window > 0) await look();
  const [healthy, all] = countHealthy(run.readings, release, jobs);
  return `${healthy} of ${all} services healthy, ${plural(endpoints.length, "endpoint")}, digests read back from ${plural(run.readings.length, "host")}`;
}

const verify: Effect = (run) => verifyRuns(run, run.release);

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
const diagnose: Effect = async (run) => {
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
const revert: Effect = async (run, step) => {
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

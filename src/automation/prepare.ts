import { strategyOf, verifyImages } from "../../stacks/application.ts";
import type { Environment as EnvironmentName } from "../../stacks/environments.ts";
import { type Entry, type EntryOf, openPromotions } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import type { GateVerdict, Override } from "../plan/gates/gate.ts";
import { judgeGates } from "../plan/gates/judge.ts";
import { describeDrift, resourceName } from "../plan/preview.ts";
import { highestAttempt, planResume, type ResumeFacts } from "../plan/resume.ts";
import { type Stage, stagesOf } from "../plan/strategy.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { candidatePin } from "./effects/rollout.ts";
import { gateFacts, readRecords } from "./gateFacts.ts";
import type { Input, Pin, PreviewUnderWay, Target, Workspace } from "./ports.ts";
import { notEnded, staleCheckout } from "./refusals.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What shall be lifted, and into what. */
export interface Lift {
  kind: "promote" | "deploy";
  /** As its source runs it, or as the release file has it. */
  release: Release;
  /** Where it shall go. */
  input: Input;
  /** Where it comes from, when it is promoted. */
  source?: EnvironmentName;
  overrides: readonly Override[];
  /** Resources whose replacement or deletion is allowed by name. */
  allow: readonly string[];
}

/** Everything that is known before anything is done. */
export interface Prepared extends AsyncDisposable {
  target: Target;
  /** With the target's repositories. */
  release: Release;
  before: Pin;
  attempt: number;
  facts: ResumeFacts;
  gates: readonly GateVerdict[];
  preview: PreviewUnderWay;
  /** In which the release is rolled out. */
  stages: readonly Stage[];
}

/** The highest attempt that was announced: ways back have numbers of their own. @param of default: by anybody, ever */
export const highestIn = (entries: readonly Entry[], of?: readonly EntryOf<"started">[]): number =>
  Math.max(
    0,
    ...entries.flatMap((entry) =>
      "attempt" in entry && (!of || of.some(({ promotion }) => promotion === entry.promotion))
        ? (entry.attempt ?? [])
        : [],
    ),
  );

/** Everything known of an environment's last promotion. Reads the hosts; asks the stack's history only when `history`. */
export async function gatherFacts(
  target: Target,
  ledger: Ledger,
  watch: Stopwatch,
  history: boolean,
): Promise<ResumeFacts> {
  const { deployed, jobs } = target.outputs;
  const [readings, verified, entries] = await Promise.all([
    watch.outside(target.hosts.observe()),
    history ? target.verifiedReleases() : [],
    ledger.read(target.name),
  ]);
  const pin = target.file.pin();
  // The first that did not end is what was interrupted; later ones tried to bring it to its end.
  const unended = openPromotions(entries);
  const [open] = unended;
  return {
    file: {
      release: pin.release,
      candidate: pin.candidate,
      attempt: pin.rollout.attempt,
      back: pin.rollout.mode === "revert",
    },
    stack: deployed ? { release: deployed.release, attempt: deployed.attempt } : undefined,
    open: open
      ? {
          release: open.release,
          previous: open.previous,
          attempt: open.attempt ?? pin.rollout.attempt,
          highest: highestIn(entries, unended),
        }
      : undefined,
    announced: highestIn(entries),
    readings,
    verified: [
      ...(pin.release ? [pin.release] : []),
      ...(open?.previous ? [open.previous] : []),
      ...verified,
    ],
    jobs,
  };
}

/** The release that an environment has verified, by its configuration. @throws Failure `NothingToPromote` */
export function pinnedRelease({ name, file }: Input): Release {
  const { release, candidate } = file.pin();
  if (release && !candidate) return release;
  throw new Failure({
    code: "NothingToPromote",
    message: candidate
      ? `${name} is in the middle of a promotion to ${candidate.version}`
      : `${name} has no verified release`,
    hint: candidate ? `liftlock resume ${name}` : `liftlock deploy ${name} --release release.json`,
  });
}

/** Proves on the source's hosts that they run what is pinned. @throws Failure `NothingToPromote` */
async function verifySource(
  workspace: Workspace,
  name: EnvironmentName,
  release: Release,
  watch: Stopwatch,
): Promise<void> {
  using source = await workspace.open(name);
  const findings = judgeHosts(await watch.outside(source.hosts.observe()), release, source.outputs.jobs);
  if (findings.length > 0)
    throw new Failure({
      code: "NothingToPromote",
      message: `${source.name} does not run its pinned release ${release.version} as it should: ${findings.map((f) => f.message).join("; ")}`,
      hint: `liftlock status ${source.name}`,
    });
}

/** Refuses to start where an earlier promotion did not end, or where this checkout is behind. @throws Failure */
function verifyReady(facts: ResumeFacts, target: Target): void {
  const unread = facts.readings.filter((reading) => !wasRead(reading));
  if (unread.length > 0)
    throw new Failure({
      code: "HostUnreachable",
      message: unread.map((reading) => ("unreachable" in reading ? reading.unreachable : "")).join("; "),
      hint: "Nothing was touched. Mend the host, then run the command again.",
    });
  const highest = highestAttempt(facts);
  const interrupted = facts.open !== undefined || facts.file.candidate !== undefined;
  if (!interrupted && highest > facts.file.attempt) throw staleCheckout(target, facts.file.attempt, highest);
  if (planResume(facts).action !== "nothing") throw notEnded(target, facts.file.candidate);
}

/** What the hosts run that is not pinned: an update over it would hide it. */
const driftOnHosts = (
  readings: readonly HostReading[],
  pinned: Release | undefined,
  jobs: readonly string[],
): string[] =>
  pinned
    ? judgeHosts(readings, pinned, jobs)
        .filter((finding) => finding.code === "DigestMismatch")
        .map((finding) => finding.message)
    : [];

/**
 * What in the cloud is not as the stack says. A deployment from a file is the everyday way into the first environment: it looks
 * at the hosts only.
 */
async function driftInCloud(
  { workspace, secrets }: DriverContext,
  { kind, input }: Lift,
  watch: Stopwatch,
): Promise<string[] | { unknown: string }> {
  if (kind === "deploy" || input.config.gates.drift === "accept") return [];
  try {
    const { changes } = await watch.outside(workspace.previewRefresh(input.name));
    return changes.map((change) => `${resourceName(change.urn)} ${describeDrift(change)}`);
  } catch (thrown) {
    return { unknown: secrets.mask(asFailure(thrown).message) };
  }
}

/**
 * Gathers everything that a promotion is judged by, and judges its gates. The preview takes longest: it begins first, the rest is
 * read meanwhile. Changes nothing.
 * @throws Failure when it cannot even be judged
 */
export async function prepare(
  context: DriverContext,
  wish: Lift,
  ledger: Ledger,
  watch: Stopwatch,
): Promise<Prepared> {
  const { input, source, kind } = wish;
  const { workspace } = context;
  verifyImages(wish.release, input.compose, source ?? "the release file");
  await using stack = new AsyncDisposableStack();
  const release = source === undefined ? wish.release : input.inTarget(wish.release);
  const before = input.file.pin();
  const attempt = Math.max(before.rollout.attempt, highestIn(await ledger.read(input.name))) + 1;
  const draft = input.file.draft(candidatePin(before, release, attempt));
  const preview = stack.use(workspace.preview(input.name, draft));
  void watch.outside(preview.result).catch(() => undefined);
  const inCloud = driftInCloud(context, wish, watch);
  const reading = readRecords(ledger, workspace.environments());
  const verifying = source && verifySource(workspace, source, release, watch);
  for (const work of [reading, verifying]) work?.catch(() => undefined);
  const target = stack.use(await workspace.open(input.name));
  const facts = await gatherFacts(target, ledger, watch, false);
  await verifying;
  verifyReady(facts, target);
  if (sameRelease(before.release, release) && judgeHosts(facts.readings, release, facts.jobs).length === 0)
    throw new Failure({
      code: "NothingToPromote",
      message: `${target.name} already runs ${release.version} (${releaseId(release)}), verified on every host`,
    });
  const found = await inCloud;
  const drift =
    "unknown" in found ? found : [...driftOnHosts(facts.readings, facts.file.release, facts.jobs), ...found];
  const all = await reading;
  const recordOf = (name: string) =>
    all.find(({ environment }) => environment === name) ?? {
      environment: name,
      entries: [],
      holder: undefined,
    };
  const gates = judgeGates(
    target.config.gates,
    gateFacts({
      now: context.now(),
      kind,
      release,
      target: recordOf(target.name),
      source: source && recordOf(source),
      all,
      pinned: before.release,
      readings: facts.readings,
      jobs: facts.jobs,
      drift,
    }),
    wish.overrides,
  );
  const stages = stagesOf(
    strategyOf(input.config),
    target.outputs.hosts.length,
    before.release === undefined,
  );
  const kept = stack.move();
  const end = () => kept.disposeAsync();
  return { target, release, before, attempt, facts, gates, preview, stages, [Symbol.asyncDispose]: end };
}

import type { Entry } from "../ledger/entry.ts";
import { wasRead } from "../plan/facts.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { compareVersions } from "../plan/versionOrder.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { verifiedSince } from "./gateFacts.ts";
import type { PromotionResult, ReleaseName } from "./messages.ts";
import { pinnedIn, verifiedIn } from "./neededImages.ts";
import type { Pin } from "./ports.ts";
import { type DeployOptions, deploy, promote } from "./promote.ts";
import { rollback } from "./rollback.ts";
import { vetoesIn } from "./status.ts";

/**
 * - `runs`: read back from every host
 * - `pinned`: meant to run, but hosts run something else, or could not be read
 * - `coming`: being rolled out
 * - `was`: it ran here before
 * - `came not`: it was meant to come, and never was verified
 */
export type Presence = "runs" | "pinned" | "coming" | "was" | "came not";

/** A release in one environment. */
export interface ReleasePlace {
  environment: string;
  presence: Presence;
  /** ISO 8601: when it was last known to be verified here; absent when it never was. */
  verified?: string;
  /** What its tests here came to, the last time. */
  tests?: "passed" | "failed";
  /** Why it may not come here again. */
  vetoed?: string;
}

/** A release that any environment knows of. */
export interface KnownRelease extends ReleaseName {
  commit: string;
  /** ISO 8601. */
  createdAt: string;
  places: ReleasePlace[];
}

/** What one environment's configuration, stack, journal and hosts say. */
interface Look {
  environment: string;
  pin: Pin;
  entries: readonly Entry[];
  /** Every release that it knows of. */
  known: readonly Release[];
  /** Milliseconds since 1970 when each was last known to be verified, by id. */
  verified: ReadonlyMap<string, number>;
  /** What every host runs. */
  runs: Release | undefined;
  /** What could not be found out. */
  problem?: string;
}

/** Most updates of stack history that are read. */
const depth = 1000;

const idOf = (release: Release | undefined) => release && releaseId(release);

function lookFrom(
  environment: string,
  pin: Pin,
  entries: readonly Entry[],
  updates: readonly { release: Release; at: number }[],
): Omit<Look, "runs"> {
  const verified = new Map<string, number>();
  const all = [...updates, ...verifiedIn(entries)];
  for (const { release, at } of all) {
    const id = releaseId(release);
    verified.set(id, Math.max(at, verified.get(id) ?? 0));
  }
  const begun = entries.flatMap((entry) => (entry.entry === "started" ? [entry.release] : []));
  const pinned = [pin.release, pin.candidate].flatMap((release) => release ?? []);
  return {
    environment,
    pin,
    entries,
    known: [...pinned, ...all.map(({ release }) => release), ...begun],
    verified,
  };
}

/** Looks at an environment. What of it cannot be read hides nothing else. */
async function lookAt(context: DriverContext, name: string): Promise<Look> {
  const ledger = await context.ledger();
  const entries = await ledger.read(name);
  const pin = context.workspace.input(name).file.pin();
  try {
    using target = await context.workspace.open(name);
    const [readings, updates] = await Promise.all([target.hosts.observe(), target.updates(depth)]);
    const { release } = pin;
    const right = release && judgeHosts(readings, release, target.outputs.jobs).length === 0;
    const unread = readings.filter((reading) => !wasRead(reading)).map(({ host }) => host);
    return {
      ...lookFrom(name, pin, entries, pinnedIn(updates)),
      runs: right ? release : undefined,
      ...(unread.length > 0 && { problem: `${unread.join(", ")} could not be read` }),
    };
  } catch (thrown) {
    return { ...lookFrom(name, pin, entries, []), runs: undefined, problem: asFailure(thrown).message };
  }
}

function presenceOf({ pin, runs, verified }: Look, release: Release): Presence {
  if (sameRelease(pin.candidate, release)) return "coming";
  if (sameRelease(pin.release, release)) return sameRelease(runs, release) ? "runs" : "pinned";
  return verified.has(releaseId(release)) ? "was" : "came not";
}

function testsIn(entries: readonly Entry[], id: string): "passed" | "failed" | undefined {
  const last = entries.findLast((entry) => entry.entry === "tests" && entry.releaseId === id);
  return last?.entry === "tests" ? last.result : undefined;
}

function placeOf(look: Look, release: Release, vetoed: string | undefined): ReleasePlace {
  const { environment, entries, verified } = look;
  const id = releaseId(release);
  const at = verifiedSince(entries, release)?.getTime() ?? verified.get(id);
  const tests = testsIn(entries, id);
  return {
    environment,
    presence: presenceOf(look, release),
    ...(at !== undefined && { verified: new Date(at).toISOString() }),
    ...(tests && { tests }),
    ...(vetoed !== undefined && { vetoed }),
  };
}

/** Every environment, looked at. */
const lookAtAll = (context: DriverContext): Promise<Look[]> =>
  Promise.all(context.workspace.environments().map((name) => lookAt(context, name)));

/** The newest release first: by version, and of one version by when it was built. */
const newestFirst = (a: Release, b: Release): number =>
  compareVersions(b.version, a.version) || Date.parse(b.createdAt) - Date.parse(a.createdAt);

/** Each release once. */
const distinct = (all: readonly Release[]): Release[] => [
  ...new Map(all.toReversed().map((release) => [releaseId(release), release])).values(),
];

/**
 * Every release that an environment's stack or journal knows of, the newest first: where it runs, where it was verified, where it is
 * vetoed. Changes nothing; what cannot be read is told as a warning.
 * @throws Failure `LedgerUnavailable`, `LedgerCorrupted`, `ConfigInvalid`
 */
export async function releases(context: DriverContext): Promise<KnownRelease[]> {
  const [looks, vetoes] = await Promise.all([lookAtAll(context), vetoesIn(context, undefined)]);
  for (const { environment, problem } of looks)
    if (problem !== undefined)
      context.notify({
        code: "warning",
        payload: { message: `what runs in ${environment} is not known: ${problem}` },
      });
  return distinct(looks.flatMap(({ known }) => known))
    .sort(newestFirst)
    .map((release): KnownRelease => {
      const id = releaseId(release);
      const places = looks.flatMap((look) => {
        if (!look.known.some((other) => releaseId(other) === id)) return [];
        const veto = vetoes.find((v) => v.environment === look.environment && v.release.id === id);
        return [placeOf(look, release, veto?.why)];
      });
      const { version, commit, createdAt } = release;
      return { id, version, commit, createdAt, places };
    });
}

/** The release that a version or an id names. @throws Failure `VersionUnknown`, `UsageInvalid` when it names several */
function choose(looks: readonly Look[], wanted: string): Release {
  const all = distinct(looks.flatMap(({ known }) => known)).sort(newestFirst);
  const found = all.filter((release) => release.version === wanted || isId(wanted, release));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const named = (some: readonly Release[]) => some.map((r) => `${r.version} (${releaseId(r)})`).join(", ");
  if (first)
    throw new Failure({
      code: "UsageInvalid",
      message: `expected a version of one release, "${wanted}" is that of ${named(found)}`,
      hint: "Name it by its id.",
      fault: "user",
    });
  throw new Failure({
    code: "VersionUnknown",
    message: `expected the version of a release that an environment knows of, got "${wanted}"; there is ${named(all.slice(0, 5)) || "none"}`,
    hint: "liftlock releases   (a release that was only built comes with --release FILE)",
    fault: "user",
  });
}

const isId = (text: string, release: Release) =>
  /^[0-9a-f]{6,12}$/.test(text) && releaseId(release).startsWith(text);

/** As `DeployOptions`, with a version or an id of a known release. */
export interface DeployVersionOptions extends Omit<DeployOptions, "release"> {
  version: string;
  /** Why; written to the ledger. */
  reason?: string | undefined;
}

/**
 * Brings a release that is known by its version into an environment. What was verified there before and is older than what runs is a way
 * back: no freeze holds it up, and its limit is that of ways back. What the environment before runs is promoted. Anything else that was
 * verified here is deployed, as from a file.
 * @throws Failure `VersionUnknown`, `NothingToPromote` when it is verified neither here nor in the environment before; as `rollback`,
 * `promote` and `deploy`
 */
export async function deployVersion(
  context: DriverContext,
  options: DeployVersionOptions,
): Promise<PromotionResult> {
  const { environment, version, overrides = [], allow, reason } = options;
  const { name } = context.workspace.input(environment);
  const looks = await lookAtAll(context);
  const release = choose(looks, version);
  const id = releaseId(release);
  const here = looks.find((look) => look.environment === name);
  const before = looks[looks.findIndex((look) => look.environment === name) - 1];
  const current = here?.pin.release;
  const verified = here?.verified.has(id) ?? false;
  if (
    verified &&
    current &&
    id !== releaseId(current) &&
    compareVersions(release.version, current.version) < 0
  )
    return rollback(context, {
      environment: name,
      to: id,
      reason: reason ?? `${release.version} was chosen by ${context.actor}`,
      overrides: overrides.filter(({ gate }) => gate === "rate"),
    });
  if (before && idOf(before.pin.release) === id)
    return promote(context, { from: before.environment, to: name, overrides, allow });
  // As this environment knows it: with its own repositories.
  const own = here?.known.find((other) => releaseId(other) === id) ?? release;
  if (verified || !before) return deploy(context, { environment: name, release: own, overrides, allow });
  throw new Failure({
    code: "NothingToPromote",
    message: `${release.version} was never verified in ${name}, and ${before.environment} runs ${before.pin.release?.version ?? "nothing"}`,
    hint: `liftlock deploy ${before.environment} --version ${release.version}, then: liftlock promote --from ${before.environment} --to ${name}`,
  });
}

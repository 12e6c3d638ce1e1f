import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import type { Entry } from "../ledger/entry.ts";
import { replaceDurably } from "../ledger/files/durable.ts";
import { attempt } from "../notify/attempt.ts";
import { render } from "../notify/render.ts";
import type { HostReading } from "../plan/facts.ts";
import { asFailure } from "../release/failure.ts";
import { type Release, sameRelease } from "../release/release.ts";
import { continuedBy, earlierRequests, endTidings, leftBy, needsPerson } from "./course.ts";
import { type Incident, renderIncident } from "./incidentText.ts";
import { instructions } from "./instructions.ts";
import type { PromotionResult } from "./messages.ts";
import { nameOf, type Run } from "./run.ts";
import { runPage, variablesOf } from "./telling.ts";

/** Milliseconds for one more look at hosts that nobody could bring back. */
const lookLimit = 20_000;

/** True when a promotion's end is worth a report: the environment was changed, and did not keep what came. */
export const isIncident = (result: PromotionResult): boolean =>
  result.status === "RolledBack" || needsPerson(result);

/** A name that nobody has taken, taken: `<name>.md`, `<name>-2.md`, … */
function takeName(directory: string, name: string): string {
  for (let number = 1; ; number++) {
    const file = join(directory, `${name}${number === 1 ? "" : `-${number}`}.md`);
    try {
      closeSync(openSync(file, "wx", 0o600));
      return file;
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    }
  }
}

/**
 * Writes a report to a file of its own, for its owner only, on disk when this returns; no earlier report is overwritten.
 * @param name without ending: date, environment and version
 * @returns the file's path
 */
export function writeIncident(directory: string, name: string, text: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = takeName(directory, name);
  try {
    replaceDurably(file, text);
  } catch (thrown) {
    rmSync(file, { force: true });
    throw thrown;
  }
  return file;
}

/** Entries of this promotion, of the one that it resumes, and what people said when approval was asked for earlier. */
function belonging(run: Run, entries: readonly Entry[]): Entry[] {
  const continued = continuedBy(run, entries);
  const begun = entries.findIndex((entry) => entry.entry === "started" && entry.promotion === run.id);
  const asked = earlierRequests(run, entries.slice(0, Math.max(0, begun))).map(({ promotion }) => promotion);
  return entries.filter((entry) => {
    const of = "promotion" in entry ? entry.promotion : undefined;
    if (of === undefined) return false;
    if (of === run.id || of === continued?.promotion) return true;
    return asked.includes(of) && (entry.entry === "requested" || entry.entry === "approval");
  });
}

/** The verified release that what failed is compared with: what runs now, else what ran before. */
function comparedWith(run: Run, left: Release, runs: Release | undefined): Release | undefined {
  const known = runs ?? (run.kind === "rollback" ? run.release : run.before.release);
  return sameRelease(known, left) ? undefined : known;
}

/** What the hosts show: where nothing could be brought back, as they are now. */
async function lookAgain(
  { target, readings }: Run,
  result: PromotionResult,
): Promise<readonly HostReading[]> {
  if (!needsPerson(result)) return readings;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), lookLimit);
  const seen = await attempt(() => target.hosts.observe(), over.signal);
  clearTimeout(timer);
  return seen?.value ?? readings;
}

function todoOf(result: PromotionResult, run: Run): string[] {
  const steps = instructions(result, run.target);
  if (steps.length > 0) return steps;
  const { environment } = result;
  return [
    `See that all is well: liftlock status ${environment}`,
    `See what happened: liftlock history ${environment}`,
    ...(result.kind === "rollback"
      ? []
      : [`Mend ${leftBy(run).version}, and bring it as a new release: liftlock promote`]),
  ];
}

/** Gathers everything, secrets masked. */
async function gather(run: Run, result: PromotionResult, runs: Release | undefined): Promise<Incident> {
  const { context, target, source } = run;
  const { config, outputs, name } = target;
  const [entries, readings] = await Promise.all([
    run.journal.entries().catch((): Entry[] => []),
    lookAgain(run, result),
    // What failed may have said more than is known to be secret; a diagnosis has asked already.
    result.steps.some((step) => step.name === "diagnose")
      ? undefined
      : target.learnSecrets().catch(() => undefined),
  ]);
  const left = leftBy(run);
  const good = comparedWith(run, left, runs);
  const { tag, latest } = config.registry ?? {};
  const ended = context.now();
  const told = endTidings(result, run.id, nameOf(left), runs && nameOf(runs));
  const variables = variablesOf(context);
  const server = variables["GITHUB_SERVER_URL"] ?? "https://github.com";
  const { repository } = config;
  const page = runPage(variables);
  return context.secrets.maskAll<Incident>({
    title: render({ ...told, app: outputs.app, environment: name, who: context.actor, at: ended }).title,
    app: outputs.app,
    result,
    ...(source && { source: source.name }),
    who: context.actor,
    ended,
    left,
    ...(good && { good }),
    entries: belonging(run, entries),
    hosts: outputs.hosts,
    readings,
    tags: tag === undefined ? [] : [tag, ...(latest ? ["latest"] : [])],
    ...(repository && { repository: `${server}/${repository.owner}/${repository.name}` }),
    ...(page !== undefined && { page }),
    todo: todoOf(result, run),
  });
}

/**
 * Writes up a promotion that did not stay: `.liftlock/incidents/<date>-<environment>-<version>.md` in the project. What cannot be
 * written is warned of; it never changes how a promotion ends.
 * @param runs what the environment runs now, verified
 * @returns the file's path within the project; nothing when there is nothing to report, or it could not be written
 */
export async function reportIncident(
  run: Run,
  result: PromotionResult,
  runs: Release | undefined,
): Promise<string | undefined> {
  if (!isIncident(result)) return undefined;
  const { context, target } = run;
  try {
    const incident = await gather(run, result, runs);
    const date = incident.ended.toISOString().slice(0, 10);
    const name = `${date}-${target.name}-${incident.left.version}`;
    const file = writeIncident(
      join(context.workDirectory, ".liftlock", "incidents"),
      name,
      renderIncident(incident),
    );
    return relative(context.workDirectory, file);
  } catch (thrown) {
    const message = `the incident report was not written: ${asFailure(thrown).message}`;
    context.notify({ code: "warning", payload: { message } });
    return undefined;
  }
}

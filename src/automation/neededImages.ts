import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { type Entry, openPromotions } from "../ledger/entry.ts";
import { standing } from "../ledger/standing.ts";
import { wasRead } from "../plan/facts.ts";
import type { RetentionPolicy } from "../plan/retention/policy.ts";
import type { EnvironmentImages } from "../plan/retention/protection.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, referencesOf, releaseSchema } from "../release/release.ts";
import { openRequests } from "./approval.ts";
import type { DriverContext } from "./context.ts";
import { engineJson } from "./engine.ts";
import type { Outputs } from "./outputs.ts";
import type { Input, Target } from "./ports.ts";
import { madeEnvironments } from "./readiness.ts";

/** What one environment needs of the images that are stored, and where it has had images. */
export interface EnvironmentNeeds {
  images: EnvironmentImages;
  retention: RetentionPolicy;
  /** Every release that is known to have come, or to have been meant to come, here. */
  known: readonly Release[];
  /** Repositories that its images are or were in, and those that images would be copied to: `ghcr.io/example/shop/api`. */
  repositories: ReadonlySet<string>;
  /** Tag that follows what runs here. */
  tag: string | undefined;
  outputs: Outputs;
  /** The journal's last entry: what is newer was not taken into account. */
  seq: number;
}

/** Most updates of stack history that are read. */
const depth = 1000;

/** A release that was verified, and when that was known. */
interface Verified {
  release: Release;
  at: number;
}

const jsonRelease = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(releaseSchema);

/** The pin moves only after verification: what an update had as its pin was verified before. */
export function pinnedIn(updates: readonly UpdateSummary[]): Verified[] {
  return updates.flatMap((update) => {
    const parsed = jsonRelease.safeParse(update.config["liftlock:release"]?.value);
    return parsed.success ? [{ release: parsed.data, at: update.startTime.getTime() }] : [];
  });
}

/** What an environment ran after a promotion, read back from its hosts. */
export function verifiedIn(entries: readonly Entry[]): Verified[] {
  return entries.flatMap((entry) => {
    if (entry.entry !== "ended") return [];
    const release = entry.runs ?? (entry.status === "Completed" ? entry.release : undefined);
    return release ? [{ release, at: Date.parse(entry.time) }] : [];
  });
}

/** What promotions that did not end, or that people have yet to agree to, are about. */
function underWay(entries: readonly Entry[]): Release[] {
  const asked = new Set(openRequests(entries).map(({ promotion }) => promotion));
  const open = entries.filter((entry) => entry.entry === "started" && asked.has(entry.promotion));
  return [...openPromotions(entries), ...open].flatMap((entry) =>
    entry.entry === "started" ? [entry.release, ...(entry.previous ? [entry.previous] : [])] : [],
  );
}

const repositoriesOf = (release: Release): string[] =>
  Object.values(referencesOf(release)).map(({ registry, repository }) => `${registry}/${repository}`);

async function needsOf(context: DriverContext, input: Input, target: Target): Promise<EnvironmentNeeds> {
  const { name, config } = input;
  const ledger = await context.ledger();
  const [readings, updates, entries] = await Promise.all([
    target.hosts.observe(),
    target.updates(depth),
    ledger.read(name),
  ]);
  const unread = readings.filter((reading) => !wasRead(reading));
  if (unread.length > 0)
    throw new Failure({
      code: "HostUnreachable",
      message: unread.map((reading) => ("unreachable" in reading ? reading.unreachable : "")).join("; "),
    });
  const seen = readings.filter(wasRead);
  const { release, candidate } = input.file.pin();
  const present = (all: readonly (Release | undefined)[]) => all.filter((one) => one !== undefined);
  const pinned = present([
    release,
    candidate,
    target.outputs.deployed?.release,
    ...seen.map((reading) => reading.release),
  ]);
  const open = underWay(entries);
  const verified = [...pinnedIn(updates), ...verifiedIn(entries)].sort((a, b) => b.at - a.at);
  const begun = entries.flatMap((entry) => (entry.entry === "started" ? [entry.release] : []));
  const known = [...pinned, ...open, ...verified.map((one) => one.release), ...begun];
  return {
    images: {
      environment: name,
      running: seen.flatMap(({ containers }) => containers.flatMap(({ digests }) => digests)),
      pinned,
      open,
      verified: verified.map((one) => one.release),
      vetoed: new Set(standing(entries).vetoes.map(({ releaseId }) => releaseId)),
      keep: config.retention.keep,
    },
    retention: config.retention,
    known,
    repositories: new Set(known.flatMap(repositoriesOf)),
    tag: config.registry?.tag,
    outputs: target.outputs,
    seq: entries.at(-1)?.seq ?? 0,
  };
}

const stacksSchema = z.array(z.looseObject({ name: z.string(), resourceCount: z.number().optional() }));

/**
 * A checkout from before an environment was made does not configure it, and its images would look as if nobody needed them.
 * @throws Failure `CleanupRefused` when the backend keeps a stack of this project that is not among the names
 */
async function verifyAllKnown(context: DriverContext, names: readonly string[]): Promise<void> {
  const stacks = stacksSchema.parse(await engineJson(context, ["stack", "ls", "--json"]));
  const others = stacks
    .filter(({ resourceCount }) => resourceCount !== 0)
    .flatMap(({ name }) => name.split("/").at(-1) ?? [])
    .filter((name) => !names.includes(name));
  if (others.length > 0)
    throw new Failure({
      code: "CleanupRefused",
      message: `expected every stack of the backend to be configured in ${context.workDirectory}; not so: ${others.join(", ")}`,
      hint: `git pull   (what ${others[0]} needs is written in Pulumi.${others[0]}.yaml; a stack that is gone for good: pulumi stack rm)`,
      fault: "user",
    });
}

/**
 * What every configured environment runs, pins and may have to go back to. Fails closed: where one cannot be read whole, nobody can say
 * what it needs.
 * @throws Failure `CleanupRefused`
 */
export async function readNeeds(context: DriverContext): Promise<EnvironmentNeeds[]> {
  const names = madeEnvironments(context);
  await verifyAllKnown(context, names);
  return Promise.all(
    names.map(async (name) => {
      try {
        const input = context.workspace.input(name);
        using target = await context.workspace.open(name);
        return await needsOf(context, input, target);
      } catch (thrown) {
        const failure = asFailure(thrown);
        throw new Failure({
          code: "CleanupRefused",
          message: `expected to read what ${name} needs, so that it stays: ${failure.message}`,
          hint: failure.hint ?? `liftlock status ${name}`,
          cause: failure,
          fault: failure.fault,
        });
      }
    }),
  );
}

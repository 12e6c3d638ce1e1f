import { randomBytes } from "node:crypto";
import { FleetConnections } from "../hosts/fleet.ts";
import type { Entry } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { recallHosts } from "./hostsFile.ts";
import { leftBehind } from "./left.ts";
import { privateKeyOf } from "./sealed.ts";

/** Where traffic was given back, and where not. */
export interface SwitchedBack {
  release: Release;
  /** Milliseconds from the call to the last host's answer. */
  milliseconds: number;
  hosts: { host: string; back: boolean; problem?: string }[];
}

export interface SwitchBackOptions {
  workDirectory: string;
  environment: string;
  /** Version, or id or its beginning; default: the newest verified release before the one that runs. */
  to?: string | undefined;
  actor: string;
  why: string;
  variables: Readonly<Record<string, string | undefined>>;
  ledger: Ledger;
}

/** Releases that the environment ran, verified, newest first; each once, without the one that runs now. */
function earlier(entries: readonly Entry[]): Release[] {
  const ran = entries
    .flatMap((entry) => (entry.entry === "ended" && entry.runs ? [entry.runs] : []))
    .reverse();
  const open = entries.findLast((entry) => entry.entry === "started" || entry.entry === "ended");
  // In the middle of a promotion the way back leads to what ran before it.
  const now = open?.entry === "started" ? undefined : ran[0];
  const seen = new Set(now && [releaseId(now)]);
  return ran.filter((release) => {
    const id = releaseId(release);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/**
 * Where a person goes back to who names nothing. What a way back has just left is not it: typed twice in a hurry, the command would
 * bring the bad release back.
 */
function choose(entries: readonly Entry[], { to, environment }: SwitchBackOptions): Release {
  const releases = earlier(entries);
  const left = leftBehind(entries);
  const found = releases.find((r) =>
    to === undefined ? !left.has(releaseId(r)) : r.version === to || releaseId(r).startsWith(to),
  );
  if (found) return found;
  const [newest] = releases;
  if (to === undefined && newest)
    throw new Failure({
      code: "UsageInvalid",
      message: `expected --to with a release: ${environment} was taken back from ${newest.version} already, and the ledger knows no earlier one`,
      hint: `liftlock status ${environment}, or: liftlock rollback ${environment} --now --to ${newest.version}`,
      fault: "user",
    });
  throw new Failure({
    code: "NoRollbackTarget",
    message: `the ledger knows no earlier verified release of ${environment}${to === undefined ? "" : ` that is called "${to}"`}`,
    hint: `liftlock history ${environment}`,
  });
}

/**
 * Gives all traffic of an environment back to an earlier release that is still on its hosts: at the edges, on all hosts at once, with no
 * engine in the way. The stack and the ledger are to be brought in line afterwards (`rollback`).
 * @returns nothing where it cannot be done so fast: the hosts are not known in this checkout, or their key is sealed otherwise
 * @throws Failure `UsageInvalid` when only what was just left is there; `NoRollbackTarget`, `PromotionInProgress`, `LedgerUnavailable`
 */
export async function switchBack(options: SwitchBackOptions): Promise<SwitchedBack | undefined> {
  const begun = performance.now();
  const { workDirectory, environment, actor, why, variables, ledger } = options;
  const known = recallHosts(workDirectory, environment);
  if (!known) return undefined;
  // Connections are made while the key is derived.
  const key = privateKeyOf(workDirectory, environment, variables);
  using hosts = new FleetConnections(known.app, known.hosts, key);
  hosts.connect();
  if (
    await key.then(
      () => false,
      () => true,
    )
  )
    return undefined;
  const release = choose(await ledger.read(environment), options);
  const promotion = `now-${randomBytes(3).toString("hex")}`;
  await using lease = await ledger.acquire(environment, { promotion, actor });
  const text = `traffic goes back to ${release.version} (${releaseId(release)}) at once: ${why}`;
  const { fence } = lease;
  await ledger.append(environment, {
    entry: "note",
    time: new Date().toISOString(),
    actor,
    fence,
    promotion,
    text,
  });
  const answers = await hosts.back(releaseId(release));
  return { release, milliseconds: performance.now() - begun, hosts: answers };
}

/** One line a host, for people. */
export const describeSwitch = ({ release, milliseconds, hosts }: SwitchedBack): string => {
  const back = hosts.filter((host) => host.back).length;
  const left = hosts.flatMap(({ host, problem }) =>
    problem === undefined ? [] : [`  ${host} not yet: ${problem}; the update that follows puts it right`],
  );
  const head = `Traffic is back at ${release.version} on ${back} of ${hosts.length} hosts after ${(milliseconds / 1000).toFixed(2)} s.`;
  return [head, ...left].join("\n");
};

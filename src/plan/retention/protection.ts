import { digestsOf, type Release, releaseId } from "../../release/release.ts";

/** What is known of the images of one environment. */
export interface EnvironmentImages {
  environment: string;
  /** Digests of every container on its hosts, those that are stopped or wait beside too. */
  running: readonly string[];
  /** What its configuration, its stack and its hosts say that it runs, or is on the way to. */
  pinned: readonly Release[];
  /** What promotions that did not end, or wait for people, are about, and what was there before them. */
  open: readonly Release[];
  /** Releases that were verified here, newest first, each as often as it was. */
  verified: readonly Release[];
  /** Ids of those that may not come here again. */
  vetoed: ReadonlySet<string>;
  /** How many it must be able to go back to, the one that runs among them. */
  keep: number;
}

/**
 * The newest verified releases of an environment, each once. One that is vetoed is not counted, and stays all the same: a way back that
 * nobody is asked about may still take it.
 */
export function rollbackWindow({
  verified,
  vetoed,
  keep,
}: Pick<EnvironmentImages, "verified" | "vetoed" | "keep">): Release[] {
  const window = new Map<string, Release>();
  let counted = 0;
  for (const release of verified) {
    const id = releaseId(release);
    if (window.has(id)) continue;
    if (counted === keep) break;
    window.set(id, release);
    if (!vetoed.has(id)) counted += 1;
  }
  return [...window.values()];
}

/** Why each digest stays, in every repository: of several reasons the gravest. */
export function protectedDigests(environments: readonly EnvironmentImages[]): Map<string, string> {
  const reasons = new Map<string, string>();
  const keep = (digests: Iterable<string>, why: string) => {
    for (const digest of digests) if (!reasons.has(digest)) reasons.set(digest, why);
  };
  const all = (releases: readonly Release[]) =>
    releases.flatMap((release) => Object.values(digestsOf(release)));
  for (const { environment, running } of environments) keep(running, `runs in ${environment}`);
  for (const { environment, pinned } of environments) keep(all(pinned), `is pinned in ${environment}`);
  for (const { environment, open } of environments)
    keep(all(open), `is part of a promotion into ${environment}`);
  for (const images of environments)
    keep(all(rollbackWindow(images)), `may be gone back to in ${images.environment}`);
  return reasons;
}

import { type Release, releaseId, sameRelease } from "../release/release.ts";
import { type HostReading, wasRead } from "./facts.ts";
import { judgeHosts } from "./verdict.ts";

/** What is known of an environment whose last promotion may not have ended. */
export interface ResumeFacts {
  /** This checkout's configuration. */
  file: {
    release: Release | undefined;
    candidate: Release | undefined;
    attempt: number;
    /** True when the candidate is what is gone back to. */
    back?: boolean;
  };
  /** What the stack's last finished update deployed. */
  stack: { release: Release; attempt: number } | undefined;
  /** The journal's first promotion that has no end: what was interrupted. */
  open:
    | {
        release: Release;
        previous: Release | undefined;
        attempt: number;
        /** The last attempt that was announced since, ways back included. */
        highest: number;
      }
    | undefined;
  /** The highest attempt that any promotion into the environment ever announced: no number is used twice. */
  announced: number;
  readings: readonly HostReading[];
  /** Releases verified in this environment, newest first. */
  verified: readonly Release[];
  jobs: readonly string[];
}

export type ResumePlan =
  /** Nothing was interrupted. */
  | { action: "nothing" }
  /** The candidate never reached a host, and every host runs what is pinned: forget it. */
  | { action: "withdraw"; candidate: Release | undefined; reason: string }
  /** Every host runs it: check and move the pin. Where the stack does not know it yet, the update is repeated first, with a new attempt. */
  | {
      action: "finish";
      candidate: Release;
      attempt: number;
      known: boolean;
      /** True when it is what is pinned: there is nothing to go back to when it fails. */
      pinned?: boolean;
      reason: string;
    }
  /** Some host may run something else than the last verified release. `first`: where somebody was going back to already. */
  | { action: "revert"; candidate: Release | undefined; first?: Release; reason: string };

/** The highest attempt that has reached anything, or may still: this checkout is behind when it says less. */
export function highestAttempt(facts: Pick<ResumeFacts, "file" | "stack" | "open" | "readings">): number {
  const hosts = facts.readings.filter(wasRead).map((reading) => reading.attempt);
  return Math.max(facts.file.attempt, facts.stack?.attempt ?? 0, facts.open?.highest ?? 0, ...hosts, 0);
}

const knows = (stack: ResumeFacts["stack"], release: Release, attempt: number): boolean =>
  stack !== undefined && stack.attempt === attempt && sameRelease(stack.release, release);

/**
 * A later attempt that another checkout brought to its end: stack and every host agree on it, and no promotion is open. Only this
 * checkout is behind, and nothing is done twice.
 */
function deployedElsewhere({ file, stack, open, readings, jobs }: ResumeFacts): ResumePlan | undefined {
  if (open || !stack || stack.attempt <= file.attempt) return undefined;
  const { release: candidate, attempt } = stack;
  if (judgeHosts(readings, candidate, jobs, attempt).length > 0) return undefined;
  const reason = `attempt ${attempt} came from another checkout: every host runs ${candidate.version}`;
  return { action: "finish", candidate, attempt, known: true, reason };
}

/** Whether the last promotion ended, and if not, how to end it. The hosts have the last word. */
export function planResume(facts: ResumeFacts): ResumePlan {
  const { file, open, readings, jobs } = facts;
  const hosts = readings.filter(wasRead);
  const unread = readings.length - hosts.length;
  const newest = [...hosts].sort((a, b) => b.attempt - a.attempt)[0];
  const ahead = newest !== undefined && newest.attempt > file.attempt;
  const unfinished = hosts.some((host) => host.attempt > 0 && host.phase !== "deployed");
  const uneven = new Set(hosts.map((host) => host.attempt)).size > 1;
  if (!file.candidate && !open && !ahead && !unfinished && !uneven) return { action: "nothing" };

  const elsewhere = deployedElsewhere(facts);
  if (elsewhere) return elsewhere;
  const attempt = highestAttempt(facts);
  const candidate =
    open?.release ?? file.candidate ?? (newest?.attempt === attempt ? newest.release : undefined);
  const previous = facts.verified.find((release) => !sameRelease(release, candidate));
  if (candidate === undefined)
    return { action: "revert", candidate, reason: "hosts were left in the middle of an attempt" };
  const started = open?.attempt ?? (file.candidate ? file.attempt : attempt);
  const pinned = open?.previous ?? file.release;
  const asPinned = pinned === undefined || judgeHosts(readings, pinned, jobs).length === 0;
  const reached = unread > 0 || hosts.some((host) => host.attempt >= started) || !asPinned;
  if (!reached)
    return {
      action: "withdraw",
      candidate,
      reason: `${candidate.version} (${releaseId(candidate)}) had not reached any host`,
    };
  if (judgeHosts(readings, candidate, jobs, attempt).length === 0)
    return {
      action: "finish",
      candidate,
      attempt,
      // A number that was announced after it may stand in another checkout: then a higher one has to come.
      known: knows(facts.stack, candidate, attempt) && facts.announced <= attempt,
      reason: `every host runs ${candidate.version}`,
    };
  // A person was leaving what is pinned: to resume that is not to bring it back.
  if (file.back && file.candidate && (!open || sameRelease(open.release, file.candidate)))
    return {
      action: "revert",
      candidate: file.release,
      first: file.candidate,
      reason: `not every host has gone back to ${file.candidate.version} yet`,
    };
  // Nothing else was on its way: a host was made anew, or drift put right. There is nothing to go back from.
  if (sameRelease(candidate, file.release) && (!open || sameRelease(candidate, open.previous)))
    return {
      action: "finish",
      candidate,
      attempt,
      known: false,
      pinned: true,
      reason: `not every host runs ${candidate.version}, which is pinned: it is put in place once more`,
    };
  return {
    action: "revert",
    candidate,
    reason: previous
      ? `not every host runs ${candidate.version}; back to ${previous.version}`
      : `not every host runs ${candidate.version}`,
  };
}

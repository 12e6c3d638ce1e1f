import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../release/failure.ts";
import { type Claimant, claimantSchema, isDead, isHere, thisProcess } from "../holder.ts";

/** How long locks hold and takers wait, milliseconds. */
export interface LockTimes {
  /** A lock that a process of another machine left behind is void after so long. What a lock guards takes milliseconds. */
  foreign: number;
  /** How long to wait for a lock; longer than `foreign`. */
  patience: number;
}

const usualTimes: LockTimes = { foreign: 20_000, patience: 30_000 };

const isCode = (error: unknown, code: string) =>
  error instanceof Error && "code" in error && error.code === code;

/** A claim found in the way. One that a loss of power emptied is known by its inode. */
export interface Claim {
  id: string;
  claimant: Claimant | undefined;
  /** When it was linked, by the file system's clock; milliseconds. */
  since: number;
}

/** Who claims, if anybody does. Content and time are of one and the same claim. */
export function readClaim(file: string): Claim | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { ino, ctimeMs } = fstatSync(descriptor);
    const claimant = parseClaimant(readFileSync(descriptor, "utf8"));
    return { id: claimant?.id ?? String(ino), claimant, since: ctimeMs };
  } finally {
    closeSync(descriptor);
  }
}

function parseClaimant(text: string): Claimant | undefined {
  try {
    return claimantSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Linking fails when the file exists: exactly one of several takers wins. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** A process of this machine is asked; of any other it is only known how long ago it locked. */
const isVoid = ({ claimant, since }: Claim, now: number, foreign: number): boolean =>
  claimant && isHere(claimant) ? isDead(claimant) : now - since > foreign;

/**
 * Removes a void claim. Who may do that is claimed in the same way, under the void claim's own id, and the claim is looked at again
 * under it: a fresh claim of a faster taker is never removed.
 */
export function clear(file: string, draft: string, found: Claim, now: number, foreign: number): void {
  const right = `${file}.${found.id}.void`;
  if (!link(draft, right)) {
    const other = readClaim(right);
    if (other && isVoid(other, now, foreign)) clear(right, draft, other, now, foreign);
    return;
  }
  try {
    if (readClaim(file)?.id !== found.id) return;
    rmSync(file, { force: true });
    // The draft of a killed taker.
    rmSync(`${file}.${found.id}`, { force: true });
  } finally {
    rmSync(right, { force: true });
  }
}

/**
 * Runs `body` while no other process, and nothing else in this one, runs one under the same lock. `body` is synchronous on purpose:
 * what a process locks it also unlocks before anything else of it runs, unless it is killed, and then the next taker sees that.
 * @param body is given the time by the file system's clock, the same for all machines that share it
 * @throws Failure `LedgerUnavailable` when the lock is not free for 30 s
 */
export async function locked<T>(
  file: string,
  body: (now: Date) => T,
  times: LockTimes = usualTimes,
): Promise<T> {
  const claimant = thisProcess();
  const draft = `${file}.${claimant.id}`;
  writeFileSync(draft, JSON.stringify(claimant), { mode: 0o600 });
  try {
    const drafted = statSync(draft).mtimeMs;
    const began = performance.now();
    const now = () => drafted + (performance.now() - began);
    while (!link(draft, file)) {
      const found = readClaim(file);
      if (found && isVoid(found, now(), times.foreign)) clear(file, draft, found, now(), times.foreign);
      else if (performance.now() - began > times.patience)
        throw new Failure({
          code: "LedgerUnavailable",
          message: `expected ${file} to be free within ${times.patience / 1000} s; pid ${found?.claimant?.pid ?? "unknown"} on ${found?.claimant?.machine ?? "an unknown machine"} holds it`,
          hint: "See what that process does. The lock is void when the process ends.",
        });
      else await sleep(1 + Math.random() * 9);
    }
    try {
      return body(new Date(now()));
    } finally {
      if (readClaim(file)?.id === claimant.id) rmSync(file, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

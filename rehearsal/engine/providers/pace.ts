import { setTimeout as sleep } from "node:timers/promises";

/** Real time between two looks at something that takes a while: little at first, more later (APIs count requests). */
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 250;

/** How long a second of the real providers lasts here: LIFTLOCK_REHEARSAL_PACE, 0.05 unless told. */
export function pace(env: NodeJS.ProcessEnv = process.env): number {
  const given = Number(env.LIFTLOCK_REHEARSAL_PACE ?? 0.05);
  return Number.isFinite(given) && given >= 0 ? given : 0.05;
}

/** Waits as long as a real provider would wait that many seconds, at this engine's pace. */
export async function waitSeconds(seconds: number): Promise<void> {
  await sleep(seconds * 1000 * pace());
}

/** Looks again and again until `look` finds something; gives up after `limitMs` of real time. */
export async function poll<T>(look: () => Promise<T | undefined>, limitMs = 300_000): Promise<T | undefined> {
  const deadline = Date.now() + limitMs;
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.3, LONGEST_POLL_MS)) {
    const found = await look();
    if (found !== undefined || Date.now() > deadline) return found;
    await sleep(wait);
  }
}

/** Processes that scripts left behind in sessions of their own (`setsid`): they go on until their host loses its power. */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills every process that a host's scripts have started. They are known by their folder for temporary files, which
 * only this host's have in their environment; where there is no `/proc` none is found.
 */
export function killStrays(tmp: string): void {
  // A process may have started another one while they were being looked for.
  for (let round = 0; round < 5; round += 1) {
    const strays = straysOf(tmp);
    if (strays.length === 0) return;
    for (const pid of strays) kill(pid);
  }
}

function straysOf(tmp: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(`TMPDIR=${tmp}`));
}

/** Of a process that is another user's or has ended: nothing. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** Killing everything that a script has started. */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills every process of the session that this process leads. Programs such as `timeout` put what they start into a
 * group of its own, so that the group alone is not enough; where there is no `/proc` it has to be.
 */
export function killSession(leader: number): void {
  kill(-leader);
  // A process may have forked while it was being looked for.
  for (let round = 0; round < 5; round += 1) {
    const members = membersOf(leader);
    if (members.length === 0) return;
    for (const pid of members) kill(pid);
  }
}

function membersOf(leader: number): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isMember(pid, leader));
}

/** Reads `/proc/<pid>/stat`: after the name in brackets come state, parent, group and session (proc_pid_stat(5)). */
function isMember(pid: number, leader: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return session === String(leader) && state !== "Z";
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

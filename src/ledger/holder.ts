import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { z } from "zod";

/** A process that claims something, so that others can tell whether it is still there. */
export const claimantSchema = z.object({
  /** Of this claim, not of the process. */
  id: z.string(),
  machine: z.string(),
  pid: z.number(),
  /** When the process started, in the kernel's ticks: a pid alone is soon another process. */
  born: z.string(),
  /** Boot and pid namespace: where a pid means something. Containers may share a host name, but not this. */
  space: z.string().optional(),
});
export type Claimant = z.output<typeof claimantSchema>;

export const holderSchema = claimantSchema.extend({
  user: z.string(),
  promotion: z.string(),
  /** ISO 8601. */
  since: z.string(),
  renewed: z.string(),
  /** 0: of the time before fencing. */
  fence: z.number().int().default(0),
});

/** Who holds an environment. */
export type Holder = z.output<typeof holderSchema>;

/** Start time of a process; empty where the system does not tell. */
function born(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function readSpace(): string {
  const boot = "/proc/sys/kernel/random/boot_id";
  if (!existsSync(boot)) return "";
  return `${readFileSync(boot, "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
}

let space: string | undefined;

/** This process, with a claim of its own. */
export function thisProcess(): Claimant {
  space ??= readSpace();
  return { id: randomUUID(), machine: hostname(), pid: process.pid, born: born(process.pid), space };
}

/** This process as the holder of an environment. */
export function thisHolder(promotion: string, fence: number, now: Date): Holder {
  const time = now.toISOString();
  return { ...thisProcess(), user: userInfo().username, promotion, since: time, renewed: time, fence };
}

/** True when the process can be seen from here, if it is still there. */
export function isHere(claimant: Claimant): boolean {
  space ??= readSpace();
  return claimant.machine === hostname() && (claimant.space === undefined || claimant.space === space);
}

/** True when the process is known to be gone; false when it runs, or runs where it cannot be seen from here. */
export function isDead(claimant: Claimant): boolean {
  if (!isHere(claimant)) return false;
  try {
    process.kill(claimant.pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return true;
  }
  return born(claimant.pid) !== claimant.born;
}

/** `user@machine (pid 12) since 2026-…`. */
export const describeHolder = (holder: Holder): string =>
  `${holder.user}@${holder.machine} (pid ${holder.pid}) since ${holder.since}`;

/** Whose a container is: the process that made it, told apart from every other that has or had its number. */
import { readFileSync, readlinkSync } from "node:fs";
import { z } from "zod";

const schema = z.object({
  /** Of the machine: another one, and every process from before is gone. */
  boot: z.string(),
  /** Process numbers mean something in their own namespace only. */
  namespace: z.string(),
  pid: z.number(),
  /** When the process started, clock ticks since the machine did. */
  started: z.string(),
});

export type Owner = z.output<typeof schema>;

/** When a process started; `undefined` when there is none. Field 22 of proc_pid_stat(5); the name before may hold anything. */
export function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[19];
  } catch {
    return undefined;
  }
}

/** This process. */
export function thisOwner(): Owner {
  return {
    boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    namespace: readlinkSync("/proc/self/ns/pid"),
    pid: process.pid,
    started: startOf(process.pid) ?? "",
  };
}

export const writeOwner = (owner: Owner): string => JSON.stringify(owner);

/** `undefined` for what is no owner. */
export function readOwner(label: string): Owner | undefined {
  try {
    return schema.parse(JSON.parse(label));
  } catch {
    return undefined;
  }
}

/** Whether the owner has certainly ended. Of a process in another namespace nobody here can tell. */
export function isGone(
  owner: Owner,
  here: Pick<Owner, "boot" | "namespace">,
  startedAt: (pid: number) => string | undefined = startOf,
): boolean {
  if (owner.boot !== here.boot) return true;
  return owner.namespace === here.namespace && startedAt(owner.pid) !== owner.started;
}

/** What haproxy writes to standard error. */
import { version } from "./control/info.ts";

const line = (kind: "NOTICE" | "WARNING" | "ALERT", pid: number, text: string) =>
  `${`[${kind}]`.padEnd(10)} (${pid}) : ${text}\n`;

/** How every start begins that has something to say. */
function opening(pid: number): string {
  return (
    line("NOTICE", pid, `haproxy version is ${version}`) +
    line("NOTICE", pid, "path to executable is /usr/sbin/haproxy")
  );
}

/** A configuration that was taken. */
export function loaded(pid: number, worker: number, warnings: readonly string[]): string {
  const warned = warnings.map((text) => line("WARNING", pid, text)).join("");
  return `${opening(pid)}${warned}${line("NOTICE", pid, `New worker (${worker}) forked`)}${line("NOTICE", pid, "Loading success.")}`;
}

/** A configuration that was refused. */
export function refused(pid: number, alerts: readonly string[]): string {
  return opening(pid) + alerts.map((text) => line("ALERT", pid, text)).join("");
}

/** A reload that did not happen. */
export function notReloaded(pid: number, alerts: readonly string[]): string {
  return refused(pid, alerts) + line("WARNING", pid, "Loading failure!");
}

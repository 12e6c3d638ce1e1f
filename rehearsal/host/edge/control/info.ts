/** `show info` and versions. */
import type { Worker } from "../worker.ts";

export const version = "3.0.11-simulated";

export function showInfo(worker: Worker): string {
  const uptime = Math.floor((Date.now() - worker.startedAt) / 1000);
  const total = (count: (entrance: Worker["entrances"][number]) => number) =>
    worker.entrances.reduce((sum, entrance) => sum + count(entrance), 0);
  const lines: Record<string, string | number> = {
    Name: "HAProxy",
    Version: version,
    Nbthread: 1,
    Nbproc: 1,
    Process_num: 1,
    Pid: worker.pid,
    Uptime: `0d ${Math.floor(uptime / 3600)}h${pad(Math.floor(uptime / 60) % 60)}m${pad(uptime % 60)}s`,
    Uptime_sec: uptime,
    Maxconn: worker.config.maxConnections,
    CurrConns: total(({ counters }) => counters.current),
    CumConns: total(({ counters }) => counters.sessions),
    CumReq: total(({ counters }) => counters.requests),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

const pad = (value: number) => String(value).padStart(2, "0");

import type { CleanupReport } from "../../../src/automation/cleanup/report.ts";

/** What the driver needs to know of the world that the other process has. */
export interface Site {
  workDirectory: string;
  engineRoot: string;
  environment: Record<string, string>;
  /** Versions of packages that GitHub lists. */
  versions: number;
}

/** What one clean-up came to, and what it took. */
export interface CleanupRun {
  report: Pick<CleanupReport, "use" | "versions" | "requests" | "stopped"> & {
    deleted: number;
    refused: number;
  };
  /** Seconds, by the wall clock. */
  seconds: number;
  /** Seconds of the processor that the driver's process used; what it waited for others is not in it. */
  own: number;
  /** Most bytes of memory that the process had at once: when the environments had been looked at, and in the end. */
  memory: { before: number; peak: number };
}

export type Told<T> = { result: T } | { problem: string };

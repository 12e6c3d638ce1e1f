/** Health checks of containers. https://docs.docker.com/reference/dockerfile/#healthcheck */

/** Times are in milliseconds. */
export interface HealthCheck {
  test: readonly string[];
  interval: number;
  timeout: number;
  retries: number;
  startPeriod: number;
  /** Between checks while starting. */
  startInterval: number;
}

/** Docker's own values for what a health check leaves out. */
export const healthDefaults = {
  interval: 30_000,
  timeout: 30_000,
  retries: 3,
  startPeriod: 0,
  startInterval: 5000,
} as const;

export interface ProbeResult {
  exitCode: number;
  output: string;
}

/** As `docker inspect` shows it. */
export interface Health {
  Status: "starting" | "healthy" | "unhealthy";
  FailingStreak: number;
  Log: { Start: string; End: string; ExitCode: number; Output: string }[];
}

/** The engine keeps this many results. */
const kept = 5;

/** The health after one more probe. Failures in the start period do not count. */
export function judge(
  health: Health,
  probe: ProbeResult & { start: number; end: number },
  check: Pick<HealthCheck, "retries" | "startPeriod">,
  startedAt: number,
): Health {
  const entry = {
    Start: new Date(probe.start).toISOString(),
    End: new Date(probe.end).toISOString(),
    ExitCode: probe.exitCode,
    Output: probe.output,
  };
  const Log = [...health.Log, entry].slice(-kept);
  if (probe.exitCode === 0) return { Status: "healthy", FailingStreak: 0, Log };
  const excused = health.Status === "starting" && probe.start - startedAt < check.startPeriod;
  const FailingStreak = health.FailingStreak + (excused ? 0 : 1);
  const Status = FailingStreak >= check.retries ? "unhealthy" : health.Status;
  return { Status, FailingStreak, Log };
}

/** Runs a health check again and again, from the start of a container until `stop`. */
export class HealthMonitor {
  health: Health = { Status: "starting", FailingStreak: 0, Log: [] };
  private readonly check: HealthCheck;
  private readonly probe: () => Promise<ProbeResult>;
  private readonly changed: () => void;
  private readonly startedAt = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(check: HealthCheck, probe: () => Promise<ProbeResult>, changed: () => void) {
    this.check = check;
    this.probe = probe;
    this.changed = changed;
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const starting =
      this.health.Status === "starting" && Date.now() - this.startedAt < this.check.startPeriod;
    const pause = starting ? this.check.startInterval : this.check.interval;
    this.timer = setTimeout(() => void this.run(), pause);
  }

  private async run(): Promise<void> {
    const start = Date.now();
    const result = await this.withinTimeout();
    if (this.stopped) return;
    this.health = judge(this.health, { ...result, start, end: Date.now() }, this.check, this.startedAt);
    this.changed();
    this.schedule();
  }

  private withinTimeout(): Promise<ProbeResult> {
    const { timeout } = this.check;
    return new Promise((resolve) => {
      const late = { exitCode: -1, output: `Health check exceeded timeout (${timeout}ms)` };
      this.timer = setTimeout(() => resolve(late), timeout);
      void this.probe().then((result) => {
        clearTimeout(this.timer);
        resolve(result);
      });
    });
  }
}

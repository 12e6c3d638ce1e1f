/** When a container that ended is started again. */

export interface RestartPolicy {
  name: "no" | "always" | "unless-stopped" | "on-failure";
  /** Most restarts of `on-failure`; 0 = no limit. */
  maximumRetryCount: number;
}

/** Reads `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`; nothing for anything else. */
export function parseRestartPolicy(text: string): RestartPolicy | undefined {
  const [name, count] = text.split(":");
  if (name === "on-failure") {
    const maximumRetryCount = Number(count ?? 0);
    return Number.isInteger(maximumRetryCount) ? { name, maximumRetryCount } : undefined;
  }
  if (count !== undefined) return undefined;
  if (name === "no" || name === "always" || name === "unless-stopped") return { name, maximumRetryCount: 0 };
  return undefined;
}

/** Whether a container that ended by itself is started again. */
export function restartsAfterExit(policy: RestartPolicy, exitCode: number, restartCount: number): boolean {
  switch (policy.name) {
    case "no":
      return false;
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return exitCode !== 0 && (policy.maximumRetryCount === 0 || restartCount < policy.maximumRetryCount);
  }
}

/** Whether a container is started when its host (and so the engine) starts. */
export function restartsAtBoot(
  policy: RestartPolicy,
  last: { wasRunning: boolean; stoppedOnPurpose: boolean },
): boolean {
  switch (policy.name) {
    case "no":
      return false;
    case "always":
      return true;
    case "unless-stopped":
      return !last.stoppedOnPurpose;
    case "on-failure":
      return last.wasRunning;
  }
}

/** Milliseconds before the next start: 100, doubled by every restart up to a minute, as Docker's. */
export function restartDelay(restartCount: number): number {
  return Math.min(100 * 2 ** restartCount, 60_000);
}

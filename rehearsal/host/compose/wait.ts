/** Waiting for containers, as `up --wait` and `depends_on` do. */
import type { Container } from "../engine/container.ts";
import type { Engine } from "../engine/engine.ts";
import { failed } from "./refusal.ts";
import type { Dependency } from "./service.ts";

export type Condition = Dependency["condition"] | "running_or_healthy";

/**
 * Whether the container is as wanted already. A container that is being restarted again and again is neither running
 * nor ended: only a time limit ends that wait, as with the real compose.
 * @throws CommandFailure when it never will be
 */
function isAsWanted(container: Container, condition: Condition): boolean {
  const { status, exitCode, health, spec } = container;
  if (condition === "service_started") return status === "running";
  if (condition === "service_completed_successfully") {
    if (status !== "exited") return false;
    if (exitCode === 0) return true;
    throw failed(`service "${spec.name}" didn't complete successfully: exit ${exitCode}`);
  }
  if (status === "exited") throw failed(`container ${spec.name} exited (${exitCode})`);
  if (!spec.health) {
    if (condition === "running_or_healthy") return status === "running";
    throw failed(`container ${spec.name} has no healthcheck configured`);
  }
  if (health?.Status === "unhealthy") throw failed(`container ${spec.name} is unhealthy`);
  return status === "running" && health?.Status === "healthy";
}

/** A container and what is expected of it. */
export interface Expectation {
  container: Container;
  condition: Condition;
}

/**
 * Returns when all containers are as wanted.
 * @param seconds time limit; 0 = none
 * @throws CommandFailure when one never will be, when the time is over, or when nobody waits any more
 */
export async function waitFor(
  engine: Engine,
  expectations: readonly Expectation[],
  options: { seconds: number; signal: AbortSignal },
): Promise<void> {
  const limit = options.seconds > 0 ? [AbortSignal.timeout(options.seconds * 1000)] : [];
  const signal = AbortSignal.any([options.signal, ...limit]);
  const all = () => expectations.every(({ container, condition }) => isAsWanted(container, condition));
  const result = await engine.until(all, signal);
  if (result === "done") return;
  verifyWanted(options.signal);
  throw failed(`application not healthy after ${options.seconds}s`);
}

/** Compose does its work in the client: when that is gone, the rest is left undone. @throws CommandFailure */
export function verifyWanted(signal: AbortSignal): void {
  if (signal.aborted) throw failed("canceled");
}

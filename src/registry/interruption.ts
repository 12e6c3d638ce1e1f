import { Failure } from "../release/failure.ts";

/**
 * Why an operation that was told to stop has stopped: the failure that the signal carries, `DeadlineExceeded` when its time was
 * over, `Interrupted` otherwise.
 */
export function interruption(signal: AbortSignal, what: string): Failure {
  const reason: unknown = signal.reason;
  if (reason instanceof Failure) return reason;
  const late = reason instanceof Error && reason.name === "TimeoutError";
  return new Failure({
    code: late ? "DeadlineExceeded" : "Interrupted",
    message: late ? `${what} took longer than its limit` : `${what} was interrupted`,
    cause: reason,
  });
}

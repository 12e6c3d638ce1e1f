import type { AnswerHeaders } from "./exchange.ts";
import { passes, retryAfter } from "./retry.ts";

/** A try that failed for a reason that passes. */
export interface Setback {
  problem: string;
  /** Milliseconds that the registry asks to wait. */
  told?: number | undefined;
  cause?: unknown;
}

/** What broke a connection, or kept it from being made. */
export function setbackOf(thrown: unknown): Setback {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return { problem: cause instanceof Error ? cause.message || cause.name : String(cause), cause: thrown };
}

/** The setback that an answer stands for, if it is one. */
export function setbackIn(
  { status, headers }: { status: number; headers: AnswerHeaders },
  who = "",
): Setback | undefined {
  if (!passes(status)) return undefined;
  return { problem: `${who}answered ${status}`, told: retryAfter(headers.get("retry-after"), Date.now()) };
}

import type { Notification } from "./notification.ts";

/**
 * What became of one try. A problem is told in our own words, statuses and error codes only: the other side's texts and our addresses
 * may hold secrets.
 */
export type Outcome =
  /** `problem`: what fell short all the same. */
  | { delivered: true; problem?: string }
  /** `again`: another try may do better; `after`: milliseconds that the other side asked us to wait. */
  | { delivered: false; problem: string; again: boolean; after?: number };

/** A place where people are told. */
export interface Channel {
  /** Shown in reports; part of the idempotency key, so that it must stay the same from run to run. */
  name: string;
  /** Whether it wants to hear of this at all. */
  wants: (notification: Notification) => boolean;
  /** One try, given up when `signal` says so. @param key the same for every try of the same telling */
  deliver: (notification: Notification, key: string, signal: AbortSignal) => Promise<Outcome>;
}

/** Nothing came back before the time was over. */
export const tooLate: Outcome = { delivered: false, problem: "no answer in time", again: true };

/** An error's code (`ECONNREFUSED`) in parentheses; its text may hold an address. */
export function errorCode(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : "";
}

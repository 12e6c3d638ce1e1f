/** A wall clock that a test moves by hand: what expires, expires when the test says so, on a busy machine as well. */
import { onTestFinished, vi } from "vitest";

export interface WallClock {
  /** Lets this many milliseconds pass; no timer fires for it. */
  pass(milliseconds: number): void;
}

/** `Date` stands still until the test has finished or lets time pass; timers run on as ever. */
export function stopWallClock(): WallClock {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.setSystemTime(Date.now() + milliseconds) };
}

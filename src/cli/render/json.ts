import type { Notify } from "../../automation/messages.ts";
import type { Write } from "./plain.ts";

/** One JSON object a line: `event` and `time` first, then what the message carries. */
export const jsonRenderer =
  (write: Write, now: () => Date = () => new Date()): Notify =>
  ({ code, payload }) =>
    write(`${JSON.stringify({ event: code, time: now().toISOString(), ...payload })}\n`);

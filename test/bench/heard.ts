import type { Message, MessageCode, MessagePayloads } from "../../src/automation/messages.ts";

/** A message of the driver, and when it came: milliseconds since 1970. */
export interface Heard {
  at: number;
  message: Message;
}

/** All messages of one code, in order. */
export const messagesOf = <C extends MessageCode>(
  heard: readonly Heard[],
  code: C,
): { at: number; payload: MessagePayloads[C] }[] =>
  heard.flatMap(({ at, message }) =>
    message.code === code ? [{ at, payload: message.payload as MessagePayloads[C] }] : [],
  );

/** The step that was under way at a moment; before the first it is `facts`. */
export const stepAt = (heard: readonly Heard[], at: number): string =>
  messagesOf(heard, "step.started").findLast((started) => started.at <= at)?.payload.step ?? "facts";

/** Passes a server's answer on to the client while it comes. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { forwarded } from "./headers.ts";

export type Relayed = "done" | "client gone" | "server gone" | "late";

/** @param timeout milliseconds that the server may be silent; absent: for ever */
export function relay(
  answer: IncomingMessage,
  response: ServerResponse,
  timeout: number | undefined,
): Promise<Relayed> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (how: Relayed) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      answer.destroy();
      // Half an answer must not look like a whole one.
      if (how !== "done") response.destroy();
      resolve(how);
    };
    const waitForMore = () => {
      clearTimeout(timer);
      if (timeout !== undefined) timer = setTimeout(() => settle("late"), timeout);
    };
    if (response.destroyed) return settle("client gone");
    response.once("close", () => settle(response.writableFinished ? "done" : "client gone"));
    answer.once("error", () => settle("server gone"));
    answer.once("close", () => {
      if (!answer.complete) settle("server gone");
    });
    answer.on("data", waitForMore);
    waitForMore();
    const { statusCode = 502, statusMessage = "", rawHeaders } = answer;
    response.writeHead(statusCode, statusMessage, forwarded(rawHeaders, { without: ["transfer-encoding"] }));
    answer.pipe(response);
  });
}

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  path: string;
}

/** What a receiver answers: a status, with headers if need be, or never. */
export type Answer = number | { status: number; headers: Record<string, string> } | "never";

/** An HTTP server on this machine that answers in turn what it is told to; the last answer is given again and again. */
export async function receiver(...answers: Answer[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      received.push({
        headers: request.headers,
        body: Buffer.concat(parts).toString("utf8"),
        path: request.url ?? "",
      });
      const answer = answers[Math.min(received.length, answers.length) - 1] ?? 200;
      if (answer === "never") return;
      const { status, headers } = typeof answer === "number" ? { status: answer, headers: {} } : answer;
      response.writeHead(status, headers).end("ok");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/secret-path`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

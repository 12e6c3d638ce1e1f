// An HTTP server for a test: answers by rules, remembers what it was asked.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What was asked. */
export interface Asked {
  /** `POST /v2/droplets` */
  readonly line: string;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** What is answered: a status, a body as JSON, headers. */
export type Answer = readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string>>];

/** A listening server. */
export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** The lines of what was asked. */
  lines(): string[];
}

/** Starts a server on a free loopback port. */
export async function fakeApi(answer: (asked: Asked) => Answer): Promise<FakeApi> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const question = { line: `${request.method} ${request.url}`, body, headers: request.headers };
      asked.push(question);
      const [status, content, headers] = answer(question);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    lines: () => asked.map(({ line }) => line),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

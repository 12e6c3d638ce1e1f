import * as http from "node:http";
import * as https from "node:https";
import { EngineError } from "../../failure.ts";

/** An HTTP request, whole. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An HTTP answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const TIMEOUT_MS = 30_000;
const agent = new http.Agent({ keepAlive: true });

/** One request, one answer; rejects when none comes. */
export function send(request: HttpRequest): Promise<HttpAnswer> {
  const { url, method, body } = request;
  const headers = {
    ...request.headers,
    ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve, reject) => {
    const options = { method, headers, timeout: TIMEOUT_MS };
    const outgoing =
      url.protocol === "https:" ? https.request(url, options) : http.request(url, { ...options, agent });
    outgoing.on("error", reject);
    outgoing.on("timeout", () =>
      outgoing.destroy(
        new EngineError("provider", `${method} ${url.href}: no answer within ${TIMEOUT_MS / 1000} s`),
      ),
    );
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          statusText: incoming.statusMessage ?? "",
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.end(body);
  });
}

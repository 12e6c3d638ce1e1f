/** Conditional requests: an ETag on what is read, and 304 for those who have it already. */
import { createHash } from "node:crypto";
import type { Answer, Request } from "../http/exchange.ts";

const weak = (tag: string) => tag.trim().replace(/^W\//, "");

/** The answer with its ETag; without its body, where the request says that it is known. */
export function withEtag(request: Pick<Request, "method" | "headers">, answer: Answer): Answer {
  if (request.method !== "GET" || answer.status !== 200 || answer.json === undefined) return answer;
  const etag = `W/"${createHash("sha256").update(JSON.stringify(answer.json)).digest("hex")}"`;
  const headers = { ...answer.headers, etag };
  const known = (request.headers["if-none-match"] ?? "").split(",").map(weak);
  return known.includes(weak(etag)) ? { status: 304, headers } : { ...answer, headers };
}

/** GET requests that leave nothing behind: every connection is closed by its agent. */
import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

export interface GetOptions {
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
  agent: Agent;
}

/** The answer's head, its body still to be read. Follows up to five redirects, to other hosts without credentials. */
export async function get(url: string, options: GetOptions, redirects = 5): Promise<IncomingMessage> {
  const response = await send(new URL(url), options);
  const { statusCode = 0, headers } = response;
  if (statusCode < 300 || statusCode >= 400 || headers.location === undefined || redirects === 0)
    return response;
  response.resume();
  const target = new URL(headers.location, url);
  const { authorization: _, ...anonymous } = options.headers;
  const kept = target.host === new URL(url).host ? options.headers : anonymous;
  return get(target.href, { ...options, headers: kept }, redirects - 1);
}

/** The whole body. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(url: URL, { headers, signal, agent }: GetOptions): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const request = secure
      ? httpsRequest(url, { headers, signal })
      : httpRequest(url, { headers, signal, agent });
    request.once("response", resolve);
    request.once("error", reject);
    request.end();
  });
}

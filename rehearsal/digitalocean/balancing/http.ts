/** Balancing of requests. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Member } from "./members.ts";
import type { Choose } from "./tcp.ts";

/** A server that hands each request to a droplet. @param targetPort asked for every request */
export function httpServer(choose: Choose, targetPort: () => number): Server {
  return createServer((asked, answer) => void serve(asked, answer, choose, targetPort()));
}

async function serve(
  asked: IncomingMessage,
  answer: ServerResponse,
  choose: Choose,
  port: number,
): Promise<void> {
  const tried = new Set<number>();
  for (;;) {
    const member = choose(tried);
    if (!member) {
      const body =
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n";
      answer.writeHead(503, { "cache-control": "no-cache", "content-type": "text/html" }).end(body);
      asked.resume();
      return;
    }
    tried.add(member.id);
    if ((await pass(asked, answer, member, port)) !== "refused") return;
  }
}

/** Only a connection that was refused can be tried elsewhere: nothing of the request was sent. */
function pass(
  asked: IncomingMessage,
  answer: ServerResponse,
  member: Member,
  port: number,
): Promise<"done" | "refused"> {
  return new Promise((resolve) => {
    const { method = "GET", url: path = "/", rawHeaders, socket } = asked;
    const headers = forwarded(rawHeaders, socket.remoteAddress ?? "");
    const passing = request({
      host: member.address,
      port,
      method,
      path,
      headers,
      agent: false,
      setHost: false,
    });
    let connected = false;
    let settled = false;
    member.current += 1;
    const settle = (how: "done" | "refused") => {
      if (settled) return;
      settled = true;
      member.current -= 1;
      resolve(how);
    };
    passing.once("socket", (upstream) => {
      upstream.once("connect", () => {
        connected = true;
        asked.pipe(passing);
      });
    });
    passing.on("error", () => {
      if (!connected) return settle("refused");
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
      settle("done");
    });
    passing.on("response", (got) => {
      answer.sendDate = false;
      answer.writeHead(got.statusCode ?? 502, got.statusMessage ?? "", withoutHops(got.rawHeaders));
      got.on("error", () => answer.destroy());
      got.pipe(answer);
    });
    answer.once("close", () => {
      passing.destroy();
      settle("done");
    });
  });
}

const hops = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "expect"]);

/** Without what is about one connection only; Node frames the answer anew. */
function withoutHops(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (!hops.has((raw[at] ?? "").toLowerCase())) kept.push(raw[at] ?? "", raw[at + 1] ?? "");
  }
  return kept;
}

function forwarded(raw: readonly string[], client: string): string[] {
  const headers = withoutHops(raw);
  const chunked = raw.some((word, at) => at % 2 === 0 && word.toLowerCase() === "transfer-encoding");
  return [
    ...headers,
    ...(chunked ? ["Transfer-Encoding", "chunked"] : []),
    "X-Forwarded-For",
    client,
    "X-Forwarded-Proto",
    "http",
  ];
}

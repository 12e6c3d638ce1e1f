/** Stands before the imitated GitHub: takes the tokens of jobs, holds them against their permissions, and hands on what they may do. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { allows, neededFor } from "./permissions.ts";
import type { Permissions } from "./workflow.ts";

/** Something that a job's token was refused. */
export interface Denied {
  method: string;
  path: string;
  scope: string;
}

export interface Gateway {
  /** `http://127.0.0.1:port`; the API is below `/api/v3`. */
  url: string;
  /** A token with these permissions, until it is revoked. */
  issue(permissions: Permissions): { token: string; revoke: () => void };
  denied: readonly Denied[];
  close(): Promise<void>;
}

/** Headers of a connection, not of a request. */
const own = new Set(["host", "connection", "content-length", "transfer-encoding", "accept-encoding"]);

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ message, documentation_url: "https://docs.github.com/rest", status: String(status) }),
  );
}

/** @param upstream address of the imitated GitHub. @param token its own token, which is passed through too: a person's, without limits */
export async function startGateway(upstream: string, token: string): Promise<Gateway> {
  const issued = new Map<string, Permissions>();
  const denied: Denied[] = [];
  const forward = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/" } = incoming;
    const path = new URL(url, upstream).pathname;
    const given = /^(?:bearer|token) (.+)$/i.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
    const permissions = issued.get(given);
    const needed = neededFor(method, path);
    if (permissions && needed && !allows(permissions, needed)) {
      denied.push({ method, path, scope: needed.scope });
      refuse(response, 403, "Resource not accessible by integration");
      return;
    }
    const headers = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
      own.has(name) || value === undefined ? [] : [[name, String(value)]],
    );
    const body = await buffer(incoming);
    const answer = await fetch(new URL(url, upstream), {
      method,
      headers: { ...Object.fromEntries(headers), ...(permissions && { authorization: `Bearer ${token}` }) },
      ...(body.length > 0 && { body: new Uint8Array(body) }),
      redirect: "manual",
    });
    const sent = [...answer.headers].filter(([name]) => !own.has(name));
    const headersSent = sent.map(([name, value]) => [name, value.replaceAll(upstream, address())] as const);
    response.writeHead(answer.status, Object.fromEntries(headersSent));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: address(),
    denied,
    issue(permissions) {
      const fresh = `ghs_${randomBytes(18).toString("hex")}`;
      issued.set(fresh, permissions);
      return { token: fresh, revoke: () => void issued.delete(fresh) };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The challenge over HTTP (RFC 8555, section 8.3): asked for real, at the addresses that a name has in the rehearsal. */
import { request } from "node:http";
import { type Problem, problem } from "./problems.ts";

/** Where names lead, instead of the world's name servers. */
export interface Names {
  /** IPv4 addresses of a name; none: there is no such name. */
  resolve: (name: string) => readonly string[];
  /** Where challenges are asked for; the world outside has 80. */
  port: number;
}

/** Longer answers are none (the key authorization has less than 100 letters). */
const longest = 1024;
const patience = 5_000;

/** What an address answers to a plain request without redirects. */
function fetchAt(
  address: string,
  name: string,
  path: string,
  port: number,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: address,
        port,
        path,
        agent: false,
        headers: { host: name, "user-agent": "liftlock-rehearsal-acme" },
        signal: AbortSignal.timeout(patience),
      },
      (answer) => {
        let body = "";
        answer.on("data", (chunk: Buffer) => {
          body += chunk.toString("latin1");
          if (body.length > longest) asking.destroy();
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, body: body.trimEnd() }));
        answer.once("error", reject);
      },
    );
    asking.once("error", reject);
    asking.end();
  });
}

/**
 * Asks every address of a name for the answer: where several hosts serve one name, any of them may be asked.
 * @param expected token and thumbprint, joined by a dot
 * @returns what is wrong; nothing when all is right
 */
export async function proveControl(
  name: string,
  token: string,
  expected: string,
  names: Names,
): Promise<Problem | undefined> {
  const addresses = names.resolve(name);
  if (addresses.length === 0) return problem("dns", `no address of ${name} was found`);
  const path = `/.well-known/acme-challenge/${token}`;
  for (const address of addresses) {
    const place = `http://${name}${path} at ${address}`;
    try {
      const { status, body } = await fetchAt(address, name, path, names.port);
      if (status !== 200) return problem("unauthorized", `${place} answered ${status}, expected 200`);
      if (body !== expected)
        return problem("unauthorized", `${place} does not answer with this account's thumbprint`);
    } catch (cause) {
      return problem("connection", `${place}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return undefined;
}

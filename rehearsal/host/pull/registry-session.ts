/** One conversation with one registry, in which a token is got when it asks for one. */
import { Agent, type IncomingMessage } from "node:http";
import { z } from "zod";
import { bodyOf, get } from "./http-get.ts";

/** Why something could not be fetched, in the words of Docker's daemon. */
export class PullRefused extends Error {
  override name = "PullRefused";
}

/** As Docker's daemon names itself to registries, with the version that `docker version` says. */
const userAgent = "docker/26.1.5-simulated os/linux arch/amd64";

const errorsSchema = z.object({
  errors: z.array(z.looseObject({ code: z.string(), message: z.string().default("") })).min(1),
});
const tokenSchema = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });

export class RegistrySession implements Disposable {
  private readonly base: string;
  private readonly repository: string;
  private readonly credentials: string | undefined;
  private readonly signal: AbortSignal;
  private readonly agent: Agent;
  private authorization: string | undefined;

  constructor(options: {
    /** For instance `http://127.0.0.1:5000`. */
    base: string;
    repository: string;
    /** `user:password` */
    credentials: string | undefined;
    signal: AbortSignal;
    /** Address that connections come from; default: whichever the machine takes. */
    address?: string | undefined;
  }) {
    this.base = options.base;
    this.repository = options.repository;
    this.credentials = options.credentials;
    this.signal = options.signal;
    const { address } = options;
    this.agent = new Agent({ keepAlive: true, ...(address !== undefined && { localAddress: address }) });
  }

  /** GET `/v2/<repository>/<path>`; the body is still to be read. @throws PullRefused unless it is found */
  async fetch(path: string, accept: string): Promise<IncomingMessage> {
    const url = `${this.base}/v2/${this.repository}/${path}`;
    let response = await this.get(url, accept);
    if (response.statusCode === 401) {
      await bodyOf(response);
      this.authorization = await this.authorize(url, response.headers["www-authenticate"] ?? "");
      response = await this.get(url, accept);
    }
    if (response.statusCode === 200) return response;
    throw refusal(url, response.statusCode ?? 0, await bodyOf(response));
  }

  [Symbol.dispose](): void {
    this.agent.destroy();
  }

  private async get(
    url: string,
    accept: string,
    authorization = this.authorization,
  ): Promise<IncomingMessage> {
    const headers = {
      accept,
      "user-agent": userAgent,
      ...(authorization === undefined ? {} : { authorization }),
    };
    try {
      return await get(url, { headers, signal: this.signal, agent: this.agent });
    } catch (cause) {
      throw unreachable(url, cause);
    }
  }

  private async authorize(url: string, challenge: string): Promise<string | undefined> {
    const basic =
      this.credentials === undefined
        ? undefined
        : `Basic ${Buffer.from(this.credentials).toString("base64")}`;
    const [, scheme = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(challenge) ?? [];
    if (scheme.toLowerCase() !== "bearer") return basic;
    const { realm, service, scope } = parameters(rest);
    if (realm === undefined) throw new PullRefused(`Get "${url}": no realm in the challenge of the registry`);
    const target = new URL(realm);
    if (service !== undefined) target.searchParams.set("service", service);
    target.searchParams.set("scope", scope ?? `repository:${this.repository}:pull`);
    const response = await this.get(target.href, "application/json", basic);
    const body = await bodyOf(response);
    if (response.statusCode !== 200) throw refusal(target.href, response.statusCode ?? 0, body);
    const { token, access_token } = tokenSchema.catch({}).parse(parse(body));
    return `Bearer ${token ?? access_token ?? ""}`;
  }
}

function parameters(text: string): Record<string, string | undefined> {
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function refusal(url: string, status: number, body: Buffer): PullRefused {
  const known = errorsSchema.safeParse(parse(body));
  const first = known.success ? known.data.errors[0] : undefined;
  if (first) {
    const kind = first.code.toLowerCase().replaceAll("_", " ");
    return new PullRefused(first.message === "" ? kind : `${kind}: ${first.message}`);
  }
  if (status === 401) return new PullRefused(`Get "${url}": unauthorized: authentication required`);
  if (status === 403)
    return new PullRefused(`Get "${url}": denied: requested access to the resource is denied`);
  if (status === 404) return new PullRefused("manifest unknown");
  return new PullRefused(`received unexpected HTTP status: ${status}`);
}

const reasons: Readonly<Record<string, (host: string) => string>> = {
  ABORT_ERR: () => "context canceled",
  ECONNREFUSED: (host) => `dial tcp ${host}: connect: connection refused`,
  ECONNRESET: () => "EOF",
  EAI_AGAIN: (host) => `dial tcp: lookup ${host}: no such host`,
  ENOTFOUND: (host) => `dial tcp: lookup ${host}: no such host`,
};

function unreachable(url: string, cause: unknown): PullRefused {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const reason = reasons[code]?.(new URL(url).host) ?? message;
  return new PullRefused(`Get "${url}": ${reason}`, { cause });
}

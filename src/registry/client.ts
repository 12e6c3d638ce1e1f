import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Failure } from "../release/failure.ts";

/** Credentials for one registry. */
export interface Credentials {
  server: string;
  username: string;
  token: string;
}

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

const tokenAnswer = z.union([
  z.object({ token: z.string() }).transform((a) => a.token),
  z.object({ access_token: z.string() }).transform((a) => a.access_token),
]);

/** Tries of a request that failed for a reason that passes; waits double, with jitter. */
const tries = 3;

/** Plain HTTP only towards this machine, as container engines do it (127.0.0.0/8 counts as insecure by default). */
const scheme = (registry: string) =>
  /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(registry) ? "http" : "https";

const fields = (challenge: string) =>
  Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );

/** Reads one registry over the OCI distribution protocol (v1.1), with the token challenge that GHCR uses. */
export class RegistryClient {
  private readonly registry: string;
  private readonly credentials: Credentials | undefined;
  private readonly tokens = new Map<string, Promise<string | undefined>>();
  private readonly timeout: number;

  /** @param timeout milliseconds for one request; default 10 s */
  constructor(registry: string, credentials: Credentials | undefined, timeout = 10_000) {
    this.registry = registry;
    this.credentials = credentials?.server === registry ? credentials : undefined;
    this.timeout = timeout;
  }

  /** @throws Failure `RegistryUnavailable` after three tries, or when access is refused */
  async request(method: "GET" | "HEAD", repository: string, path: string): Promise<Response> {
    const url = `${scheme(this.registry)}://${this.registry}/v2/${repository}/${path}`;
    let last = "";
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        const response = await this.authorised(method, url, repository);
        if (response.status === 401 || response.status === 403)
          throw this.refused(repository, response.status);
        if (response.status !== 429 && response.status < 500) return response;
        last = `answered ${response.status}`;
        await response.body?.cancel();
      } catch (thrown) {
        if (thrown instanceof Failure) throw thrown;
        last =
          thrown instanceof Error
            ? thrown.cause instanceof Error
              ? thrown.cause.message
              : thrown.message
            : String(thrown);
      }
      if (attempt < tries) await sleep(100 * 2 ** attempt * (0.5 + Math.random()));
    }
    throw new Failure({
      code: "RegistryUnavailable",
      message: `expected ${this.registry} to answer for ${repository}: ${last} (${tries} tries)`,
      hint: "Nothing was changed. Try again when the registry answers.",
    });
  }

  private refused(repository: string, status: number): Failure {
    return new Failure({
      code: "RegistryUnavailable",
      message: `${this.registry} refused access to ${repository} (${status})`,
      hint: this.credentials
        ? "Check liftlock:registry: the token needs read:packages."
        : "Set liftlock:registry in the stack's configuration.",
      fault: "user",
    });
  }

  private async authorised(method: string, url: string, repository: string): Promise<Response> {
    const send = (token: string | undefined) =>
      fetch(url, {
        method,
        headers: { accept: manifestTypes, ...(token !== undefined && { authorization: token }) },
        signal: AbortSignal.timeout(this.timeout),
      });
    const known = this.tokens.get(repository);
    const response = await send(await known);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    const token = this.answer(response.headers.get("www-authenticate") ?? "", repository);
    this.tokens.set(repository, token);
    return send(await token);
  }

  private async answer(challenge: string, repository: string): Promise<string | undefined> {
    const basic = this.credentials
      ? `Basic ${Buffer.from(`${this.credentials.username}:${this.credentials.token}`).toString("base64")}`
      : undefined;
    if (!/^bearer /i.test(challenge)) return basic;
    const { realm, service } = fields(challenge);
    if (realm === undefined) return undefined;
    const url = new URL(realm);
    // Credentials go nowhere in the clear but to this machine.
    if (url.protocol !== "https:" && scheme(url.host) !== "http") return undefined;
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", `repository:${repository}:pull`);
    const response = await fetch(url, {
      headers: basic === undefined ? {} : { authorization: basic },
      signal: AbortSignal.timeout(this.timeout),
    });
    const parsed = tokenAnswer.safeParse(await response.json().catch(() => undefined));
    return parsed.success ? `Bearer ${parsed.data}` : undefined;
  }
}

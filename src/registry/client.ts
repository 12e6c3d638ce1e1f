import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../release/failure.ts";
import { Authorisation } from "./authorisation.ts";
import { readBounded } from "./body.ts";
import { Breakers, type Outcome } from "./breaker.ts";
import { type Scope, schemeOf } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { type AnswerHeaders, type Body, exchange, type Received } from "./exchange.ts";
import { interruption } from "./interruption.ts";
import { registryLimits } from "./limits.ts";
import { maximumTries, waitAfter } from "./retry.ts";
import { type Setback, setbackIn, setbackOf } from "./setback.ts";

/** One request to a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** Below `/v2/`, without a slash in front; or a whole address that the registry gave. */
  path: string | URL;
  /** What it needs access to. */
  scopes: readonly Scope[];
  headers?: Readonly<Record<string, string>>;
  /** Makes the body anew for each try. */
  body?: () => Body;
  /** Milliseconds for one try, its body included; default the client's. */
  timeout?: number;
  /** Default 3. One for requests that must not be sent twice. */
  tries?: number;
  signal?: AbortSignal | undefined;
  /** Largest body that is read, in bytes; default 1 MiB. */
  limit?: number;
  /** Also 401 and 403 are answers; default false: they are failures. */
  refusable?: boolean;
  /** Called for each try; authentication is not counted. */
  sent?: () => void;
}

/** What a registry answered. */
export interface Answer {
  status: number;
  headers: AnswerHeaders;
  /** `undefined` when it is larger than the request's limit. */
  body: Buffer | undefined;
}

export interface ClientOptions {
  /** Looked up once, when the registry first asks for them. Default: none. */
  credentials?: () => Promise<Credentials | undefined>;
  /** Default: its own. */
  breakers?: Breakers;
  /** Milliseconds for one try; default 10 s. */
  timeout?: number;
}

/**
 * Speaks to one registry over the OCI distribution protocol (v1.1) with token authentication as on GHCR. Failures that pass are
 * tried three times, with waits that double, jitter, and what `Retry-After` says; a registry that keeps failing is left alone for
 * a while (breaker.ts).
 */
export class RegistryClient {
  readonly registry: string;
  private readonly breakers: Breakers;
  private readonly timeout: number;
  private readonly authorisation: Authorisation;

  /** @param registry host, with port where there is one: `ghcr.io` */
  constructor(registry: string, options: ClientOptions = {}) {
    this.registry = registry;
    this.breakers = options.breakers ?? new Breakers();
    this.timeout = options.timeout ?? 10_000;
    const find = options.credentials ?? (async () => undefined);
    this.authorisation = new Authorisation(registry, find, this.timeout);
  }

  /** The address of something below `/v2/`, or of what the registry named in an answer. */
  url(path: string | URL): URL {
    return path instanceof URL ? path : new URL(path, `${schemeOf(this.registry)}://${this.registry}/v2/`);
  }

  /**
   * Asks, and reads the whole answer.
   * @throws Failure `RegistryUnavailable` after three tries (fault: environment), while the breaker is open, or when access is
   * refused (fault: user); `DeadlineExceeded` or `Interrupted` by the signal
   */
  ask(request: RegistryRequest): Promise<Answer> {
    return this.send(request, async (response) => ({
      status: response.status,
      headers: response.headers,
      body: await readBounded(response, request.limit ?? registryLimits.answer),
    }));
  }

  /** Asks, and hands the answer over with its body unread; the caller reads it or cancels it. Failures as with `ask`. */
  open(request: RegistryRequest): Promise<Received> {
    return this.send(request, async (response) => response);
  }

  private async send<T>(request: RegistryRequest, take: (response: Received) => Promise<T>): Promise<T> {
    const admission = this.breakers.admit(this.registry);
    if (!admission.admitted) throw this.resting(admission.until);
    let outcome: Outcome = "abandoned";
    try {
      for (let attempt = 1; ; attempt++) {
        if (request.signal?.aborted) throw interruption(request.signal, `asking ${this.registry}`);
        const result = await this.attempt(request, take);
        if ("taken" in result) {
          outcome = "answered";
          return result.taken;
        }
        if (request.signal?.aborted) throw interruption(request.signal, `asking ${this.registry}`);
        const wait =
          attempt < (request.tries ?? maximumTries)
            ? waitAfter(attempt, result.told, Math.random())
            : undefined;
        if (wait === undefined) {
          outcome = "failed";
          throw this.unavailable(request, result, attempt);
        }
        await sleep(wait, undefined, { signal: request.signal }).catch(() => undefined);
      }
    } catch (thrown) {
      // Who refuses answers.
      if (outcome === "abandoned" && thrown instanceof Failure && thrown.fault === "user")
        outcome = "answered";
      throw thrown;
    } finally {
      this.breakers.settle(this.registry, outcome);
    }
  }

  private async attempt<T>(
    request: RegistryRequest,
    take: (response: Received) => Promise<T>,
  ): Promise<{ taken: T } | Setback> {
    try {
      const response = await this.authorised(request);
      if ("problem" in response) return response;
      const setback = setbackIn(response);
      const { status } = response;
      const refused = !request.refusable && (status === 401 || status === 403);
      if (setback || refused) response.body.destroy();
      if (setback) return setback;
      if (refused) throw await this.refused(request, status);
      return { taken: await take(response) };
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      return setbackOf(thrown);
    }
  }

  private async authorised(request: RegistryRequest): Promise<Received | Setback> {
    const { scopes, signal } = request;
    const url = this.url(request.path);
    // Uploads may go to another host, which knows the request by its address: our token is not for it.
    if (url.host !== this.url("").host) return this.fetch(url, request, undefined);
    const first = await this.authorisation.enter(scopes, signal);
    if ("problem" in first) return first;
    if ("refused" in first) throw await this.refused(request, first.refused);
    const response = await this.fetch(url, request, first.header);
    if (response.status !== 401) return response;
    await this.authorisation.reconsider(scopes, first.header, response.headers);
    const second = await this.authorisation.enter(scopes, signal);
    if ("problem" in second) return second;
    if ("refused" in second) throw await this.refused(request, second.refused);
    if (second.header === undefined || second.header === first.header) return response;
    response.body.destroy();
    return this.fetch(url, request, second.header);
  }

  private async fetch(
    url: URL,
    request: RegistryRequest,
    authorisation: string | undefined,
  ): Promise<Received> {
    request.sent?.();
    const limit = AbortSignal.timeout(request.timeout ?? this.timeout);
    const body = request.body?.();
    return exchange(url, {
      method: request.method,
      headers: {
        // Digests are of the bytes as they are kept, not of a compressed answer.
        "accept-encoding": "identity",
        ...request.headers,
        ...(authorisation !== undefined && { authorization: authorisation }),
      },
      ...(body && { body }),
      signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
    });
  }

  private async refused({ scopes }: RegistryRequest, status: number): Promise<Failure> {
    const known = await this.authorisation.hasCredentials();
    const writes = scopes.some(({ actions }) => actions === "pull,push");
    return new Failure({
      code: "RegistryUnavailable",
      message: `${this.registry} refused access to ${scopes.map((s) => s.repository).join(" and ")} (${status})`,
      hint: known
        ? `Check liftlock:registry: the token needs ${writes ? "write:packages" : "read:packages"}.`
        : "Set liftlock:registry in the stack's configuration, or LIFTLOCK_REGISTRY_USERNAME and LIFTLOCK_REGISTRY_TOKEN.",
      fault: "user",
    });
  }

  private unavailable({ scopes }: RegistryRequest, setback: Setback, tries: number): Failure {
    const where = scopes.map((s) => s.repository).at(0) ?? "requests";
    return new Failure({
      code: "RegistryUnavailable",
      message: `expected ${this.registry} to answer for ${where}: ${setback.problem} (${tries === maximumTries ? "max retries, " : ""}tried ${tries} times)`,
      hint: "Try again when the registry answers.",
      cause: setback.cause,
    });
  }

  private resting(until: number): Failure {
    const at = new Date(until).toISOString();
    return new Failure({
      code: "RegistryUnavailable",
      message: `${this.registry} failed several times in a row and is not asked until ${at}`,
      hint: `Try again after ${at}.`,
    });
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Octokit } from "@octokit/core";
import type { z } from "zod";
import { Failure } from "../release/failure.ts";
import { limitWait } from "./limits.ts";
import { makeOctokit } from "./octokit.ts";
import { limited, type Refused, refusedBy, unavailable } from "./refusals.ts";

export interface GitHubOptions {
  /** Of the API, without a slash at the end; default `https://api.github.com`. */
  url?: string | undefined;
  token: string;
  /** Default `liftlock`. */
  userAgent?: string;
  /** Milliseconds that one request waits for rate limits, all together; default one minute. */
  patience?: number;
}

/** Values for the route's `{names}`; what it does not name goes into the query or the body. */
export interface Parameters {
  readonly [name: string]: unknown;
  signal?: AbortSignal | undefined;
}

/** What GitHub answered. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | number | undefined>>;
  data: unknown;
}

/** An item a page, or the whole answer, must have this shape. */
export type Shape<T> = z.ZodType<T>;

type Outcome = { answer: Answer } | { refused: Refused };

/** The route as it is told in a failure: the path with its values, never the body. */
function askedBy(route: string, parameters: Parameters): string {
  const shown = (name: string) => {
    const value = parameters[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : `{${name}}`;
  };
  return route.replaceAll(/\{(\w+)\}/g, (_, name: string) => shown(name));
}

/** What a list's answer holds: GitHub sends some as an array, some as an object with one. */
function itemsOf(data: unknown): readonly unknown[] | undefined {
  if (Array.isArray(data)) return data;
  if (typeof data !== "object" || data === null) return undefined;
  return Object.values(data).find((value) => Array.isArray(value));
}

/**
 * GitHub's REST API (2022-11-28). Requests that can be repeated are tried four times when GitHub does not answer or answers 5xx; POST
 * is not, because it might be done twice. Rate limits, primary and secondary, are waited for as GitHub says, within `patience`.
 */
export class GitHub {
  readonly url: string;
  private readonly octokit: Octokit;
  private readonly patience: number;

  constructor(options: GitHubOptions) {
    this.url = (options.url ?? "https://api.github.com").replace(/\/+$/, "");
    this.patience = options.patience ?? 60_000;
    this.octokit = makeOctokit(this.url, options.token, options.userAgent ?? "liftlock");
  }

  /**
   * Asks, for example `request("POST /repos/{owner}/{repo}/issues", { owner, repo, title })`.
   * @throws Failure `GitHubRefused`, `GitHubUnavailable`; `Interrupted` by the signal
   */
  async request(route: string, parameters: Parameters = {}): Promise<Answer> {
    const outcome = await this.settle(route, parameters);
    if ("answer" in outcome) return outcome.answer;
    throw refusedBy(askedBy(route, parameters), outcome.refused);
  }

  /** Asks for something of this shape. @throws Failure as `request`; `GitHubUnavailable` when it is of another shape */
  async read<T>(shape: Shape<T>, route: string, parameters: Parameters = {}): Promise<T> {
    return this.narrow(shape, (await this.request(route, parameters)).data, askedBy(route, parameters));
  }

  /** The same for something that may not exist: `undefined` for 404. */
  async find<T>(shape: Shape<T>, route: string, parameters: Parameters = {}): Promise<T | undefined> {
    const outcome = await this.settle(route, parameters);
    const asked = askedBy(route, parameters);
    if ("answer" in outcome) return this.narrow(shape, outcome.answer.data, asked);
    if (outcome.refused.status === 404) return undefined;
    throw refusedBy(asked, outcome.refused);
  }

  /**
   * The pages of a list, a hundred items each (or `per_page`), fetched as they are taken.
   * @throws Failure as `read`
   */
  async *pages<T>(shape: Shape<T>, route: string, parameters: Parameters = {}): AsyncGenerator<readonly T[]> {
    const asked = askedBy(route, parameters);
    for (let page = 1; ; page++) {
      const { data, headers } = await this.request(route, { per_page: 100, ...parameters, page });
      const items = itemsOf(data);
      if (!items) throw unavailable(asked, "its answer is no list");
      yield items.map((item) => this.narrow(shape, item, asked));
      // Counted, not followed: an address in an answer could lead the token elsewhere.
      if (!/rel="next"/.test(String(headers["link"] ?? ""))) return;
    }
  }

  private narrow<T>(shape: Shape<T>, data: unknown, asked: string): T {
    const parsed = shape.safeParse(data);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map(({ path }) => path.join(".") || "the whole").join(", ");
    throw unavailable(asked, `its answer is not of the documented shape (${where})`);
  }

  /** Asks until there is an answer that is no rate limit's. */
  private async settle(route: string, parameters: Parameters): Promise<Outcome> {
    const { signal } = parameters;
    const asked = askedBy(route, parameters);
    for (let left = this.patience; ; ) {
      const outcome = await this.ask(route, parameters);
      if ("answer" in outcome) return outcome;
      const wait = limitWait(outcome.refused, Date.now());
      if (wait === undefined) return outcome;
      // A wait of nothing is counted too: a limit that never ends must not be asked for ever.
      const counted = Math.max(wait, 1000);
      if (counted > left) throw limited(asked, wait);
      left -= counted;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (signal?.aborted) throw interrupted(asked);
    }
  }

  private async ask(route: string, { signal, ...values }: Parameters): Promise<Outcome> {
    const asked = askedBy(route, values);
    if (signal?.aborted) throw interrupted(asked);
    const request = { ...(signal && { signal }), ...(route.startsWith("POST ") && { retries: 0 }) };
    const headers = { "x-github-api-version": "2022-11-28" };
    try {
      const answer = await within(signal, this.octokit.request(route, { ...values, headers, request }));
      return { answer: { status: answer.status, headers: answer.headers, data: answer.data as unknown } };
    } catch (thrown) {
      if (signal?.aborted) throw interrupted(asked);
      const { response, message } = thrown as { response?: Answer; message?: unknown };
      const told = typeof message === "string" ? message : String(thrown);
      if (response === undefined) throw unavailable(asked, told);
      const { status } = response;
      if (status >= 500 || status === 408) throw unavailable(asked, `it answered ${status}: ${told}`);
      return { refused: { status, headers: response.headers, message: told } };
    }
  }
}

/** The result, or a rejection as soon as the signal comes: waits between tries do not end by themselves. */
function within<T>(signal: AbortSignal | undefined, result: Promise<T>): Promise<T> {
  if (!signal) return result;
  const end = Promise.withResolvers<never>();
  const abort = () => end.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([result, end.promise]).finally(() => signal.removeEventListener("abort", abort));
}

const interrupted = (asked: string): Failure =>
  new Failure({ code: "Interrupted", message: `stopped while asking GitHub for ${asked}` });

/** A client of GitHub's API. Nothing is asked by opening it. */
export const openGitHub = (options: GitHubOptions): GitHub => new GitHub(options);

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where the API is: where the stack's own provider finds it (`GITHUB_BASE_URL`, an Enterprise Server's or a rehearsal's), so that both
 * speak of the same GitHub; else where Actions say (`GITHUB_API_URL`).
 */
function addressIn(variables: Variables): string | undefined {
  const base = variables["GITHUB_BASE_URL"]?.replace(/\/+$/, "");
  if (!base) return variables["GITHUB_API_URL"] || undefined;
  // The provider puts this before every path, unless the base is github.com's own.
  return /^https:\/\/api\.(github|[^/]+\.ghe)\.com$/.test(base)
    ? base
    : `${base.replace(/\/api\/v3$/, "")}/api/v3`;
}

/** The GitHub that the environment names, as whom its `GITHUB_TOKEN` says. `undefined` without a token. */
export function gitHubFrom(variables: Variables, patience?: number): GitHub | undefined {
  const token = variables["GITHUB_TOKEN"];
  if (!token) return undefined;
  return openGitHub({ token, url: addressIn(variables), ...(patience !== undefined && { patience }) });
}

/** The same, for what cannot be done without. @throws Failure `TokenMissing` */
export function requireGitHub(variables: Variables): GitHub {
  const github = gitHubFrom(variables);
  if (github) return github;
  throw new Failure({
    code: "TokenMissing",
    message: "expected a token for GitHub in GITHUB_TOKEN, found none",
    hint: "export GITHUB_TOKEN=…",
    fault: "user",
  });
}

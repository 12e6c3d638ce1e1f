import { readBounded } from "./body.ts";
import { type Challenge, parseChallenge, type Scope, schemeOf } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { type AnswerHeaders, exchange } from "./exchange.ts";
import { registryLimits } from "./limits.ts";
import { type Setback, setbackIn, setbackOf } from "./setback.ts";
import { basicHeader, Tokens } from "./tokens.ts";

/** How to be let in: with this `Authorization` header (none: as nobody), not at all (a status), or not now. */
export type Entry = { header: string | undefined } | { refused: number } | Setback;

/** Gets the `Authorization` headers of one registry, over its challenge and Docker's token authentication. */
export class Authorisation {
  private readonly registry: string;
  private readonly find: () => Promise<Credentials | undefined>;
  private readonly timeout: number;
  private readonly tokens = new Tokens();
  private credentials: Promise<Credentials | undefined> | undefined;
  private challenge: Promise<Challenge | Setback> | undefined;

  /**
   * @param find asked once, when the registry first wants credentials
   * @param timeout milliseconds for one request
   */
  constructor(registry: string, find: () => Promise<Credentials | undefined>, timeout: number) {
    this.registry = registry;
    this.find = find;
    this.timeout = timeout;
  }

  /** @throws what `find` throws */
  async enter(scopes: readonly Scope[], signal: AbortSignal | undefined): Promise<Entry> {
    const challenge = await this.learn(signal);
    if ("problem" in challenge) return challenge;
    if (challenge.kind === "none") return { header: undefined };
    this.credentials ??= this.find();
    const credentials = await this.credentials;
    if (challenge.kind === "basic") return { header: credentials && basicHeader(credentials) };
    const token = await this.tokens.token(challenge, scopes, credentials, (url, headers) =>
      this.ask(url, headers, signal),
    );
    if ("header" in token) return { header: token.header };
    return setbackIn(token, "its token endpoint ") ?? { refused: token.status };
  }

  /** After a 401: forgets the header that was not taken, and learns the new challenge, if there is one. */
  async reconsider(
    scopes: readonly Scope[],
    header: string | undefined,
    answer: AnswerHeaders,
  ): Promise<void> {
    if (header !== undefined) await this.tokens.forget(scopes, header);
    const found = parseChallenge(answer.get("www-authenticate"));
    if (found) this.challenge = Promise.resolve(found);
  }

  /** Whether credentials were wanted and found. */
  async hasCredentials(): Promise<boolean> {
    return (await this.credentials?.catch(() => undefined)) !== undefined;
  }

  /** How the registry wants to be asked; found out once, so that no body is sent in vain. */
  private async learn(signal: AbortSignal | undefined): Promise<Challenge | Setback> {
    const url = new URL(`${schemeOf(this.registry)}://${this.registry}/v2/`);
    this.challenge ??= this.ask(url, {}, signal).then(
      (answer): Challenge | Setback =>
        setbackIn(answer) ?? parseChallenge(answer.headers.get("www-authenticate")) ?? { kind: "none" },
      setbackOf,
    );
    const asked = this.challenge;
    const challenge = await asked;
    if ("problem" in challenge && this.challenge === asked) this.challenge = undefined;
    return challenge;
  }

  private async ask(url: URL, headers: Record<string, string>, signal: AbortSignal | undefined) {
    const limit = AbortSignal.timeout(this.timeout);
    const response = await exchange(url, {
      method: "GET",
      headers,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const { status, headers: told } = response;
    return { status, headers: told, body: await readBounded(response, registryLimits.answer) };
  }
}

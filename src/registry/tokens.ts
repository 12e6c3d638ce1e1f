import { z } from "zod";
import { type Challenge, type Scope, scopeTexts } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import type { AnswerHeaders } from "./exchange.ts";
import { parseJson } from "./json.ts";

const answerSchema = z
  .object({
    token: z.string().min(1).optional(),
    access_token: z.string().min(1).optional(),
    /** Seconds. */
    expires_in: z.number().positive().max(86_400).optional(),
  })
  .refine((answer) => answer.token !== undefined || answer.access_token !== undefined);

/** An `Authorization` header, and until when it may be used: milliseconds since 1970. */
interface Token {
  header: string;
  expires: number;
}

/** What the token endpoint answered when it gave no token. */
export interface TokenRefusal {
  status: number;
  headers: AnswerHeaders;
}

type BearerChallenge = Extract<Challenge, { kind: "bearer" }>;

/** Asks the token endpoint. */
export type AskEndpoint = (
  url: URL,
  headers: Record<string, string>,
) => Promise<{ status: number; headers: AnswerHeaders; body: Buffer | undefined }>;

export const basicHeader = ({ username, token }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}`;

/** Seconds a token is good for when its answer does not say (Docker's token specification). */
const defaultSeconds = 60;

/** Tokens of one registry, one for each set of scopes; asked for once, and again shortly before they expire. */
export class Tokens {
  private readonly kept = new Map<string, Promise<Token | TokenRefusal>>();
  private readonly now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /**
   * A token for these scopes.
   * @throws what `ask` throws
   */
  async token(
    challenge: BearerChallenge,
    scopes: readonly Scope[],
    credentials: Credentials | undefined,
    ask: AskEndpoint,
  ): Promise<Token | TokenRefusal> {
    const key = scopeTexts(scopes).join(" ");
    const known = this.kept.get(key);
    const token = await known?.catch(() => undefined);
    if (token && "header" in token && this.now() < token.expires) return token;
    // Whoever comes first renews it, the others wait for the same answer.
    if (this.kept.get(key) === known) this.kept.set(key, this.renew(challenge, scopes, credentials, ask));
    return this.kept.get(key) ?? this.renew(challenge, scopes, credentials, ask);
  }

  /** Forgets a token that the registry did not take. */
  async forget(scopes: readonly Scope[], header: string): Promise<void> {
    const key = scopeTexts(scopes).join(" ");
    const known = this.kept.get(key);
    const token = await known?.catch(() => undefined);
    if (token && "header" in token && token.header === header && this.kept.get(key) === known)
      this.kept.delete(key);
  }

  private async renew(
    challenge: BearerChallenge,
    scopes: readonly Scope[],
    credentials: Credentials | undefined,
    ask: AskEndpoint,
  ): Promise<Token | TokenRefusal> {
    const url = new URL(challenge.realm);
    if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
    // One parameter for each scope, as Docker does it.
    for (const scope of scopeTexts(scopes)) url.searchParams.append("scope", scope);
    const asked = this.now();
    const { status, headers, body } = await ask(
      url,
      credentials ? { authorization: basicHeader(credentials) } : {},
    );
    const answer = status === 200 ? answerSchema.safeParse(parseJson(body)) : undefined;
    if (!answer?.success) return { status, headers };
    const { token, access_token, expires_in = defaultSeconds } = answer.data;
    const lifetime = expires_in * 1000;
    // A little earlier than it says, so that it does not expire on the way.
    const expires = asked + lifetime - Math.min(5_000, lifetime / 10);
    return { header: `Bearer ${token ?? access_token}`, expires };
  }
}

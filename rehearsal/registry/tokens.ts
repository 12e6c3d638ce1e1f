/** Short-lived access tokens: JSON Web Tokens (RFC 7519) signed with HS256 and a key that only this registry has. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What a token allows on one repository. */
export interface Access {
  type: "repository";
  name: string;
  actions: string[];
}

const claims = z.object({
  exp: z.number(),
  access: z.array(
    z.object({ type: z.literal("repository"), name: z.string(), actions: z.array(z.string()) }),
  ),
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Reads `repository:NAME:pull,push`; undefined for scopes of other kinds. */
export function parseScope(scope: string): Access | undefined {
  const found = /^repository:(.+):([a-z,*]+)$/.exec(scope);
  if (!found?.[1] || !found[2]) return undefined;
  return { type: "repository", name: found[1], actions: found[2].split(",") };
}

/** Makes and checks tokens. */
export class Tokens {
  private readonly key = randomBytes(32);
  /** How long a token is good for. */
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  private sign(text: string): string {
    return createHmac("sha256", this.key).update(text).digest("base64url");
  }

  issue(subject: string, access: readonly Access[]): string {
    const exp = Date.now() / 1000 + this.seconds;
    const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: subject, exp, access })}`;
    return `${text}.${this.sign(text)}`;
  }

  /** What the token allows; undefined when it is not ours, or has expired. */
  verify(token: string): Access[] | undefined {
    const end = token.lastIndexOf(".");
    const expected = Buffer.from(this.sign(token.slice(0, end)));
    const given = Buffer.from(token.slice(end + 1));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const payload = token.split(".")[1] ?? "";
    const { exp, access } = claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
    return exp > Date.now() / 1000 ? access : undefined;
  }
}

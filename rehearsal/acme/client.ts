/** A client of authorities that speak ACME (RFC 8555), for hosts that have none of their own. */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { request as ask } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

export interface ClientOptions {
  /** URL of the authority's directory. */
  directory: string;
  /** PEM by which the directory is trusted; absent: the machine's own authorities. */
  root: string | undefined;
  /** The account's private key: P-256 or RSA. */
  account: KeyObject;
  signal: AbortSignal;
}

/** The authority, or the way to it, is the reason. */
export class AcmeClientError extends Error {
  override name = "AcmeClientError";
}

interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

const directorySchema = z.object({ newNonce: z.url(), newAccount: z.url(), newOrder: z.url() });
const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(z.url()),
  finalize: z.url(),
  certificate: z.url().optional(),
});
const challengeSchema = z.object({ type: z.string(), url: z.url(), error: z.unknown().optional() });
const authorizationSchema = z.object({ status: z.string(), challenges: z.array(challengeSchema) });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const algorithmOf = (key: KeyObject) => (key.asymmetricKeyType === "rsa" ? "RS256" : "ES256");

/** Milliseconds between two looks at something that the authority is at. */
const interval = 50;

export class AcmeClient {
  private readonly options: ClientOptions;
  private places: z.output<typeof directorySchema> | undefined;
  private account: string | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** Makes the account, or finds it. @throws AcmeClientError */
  async register(email: string): Promise<void> {
    await this.signIn({ termsOfServiceAgreed: true, contact: [`mailto:${email}`] });
  }

  /**
   * Has a CSR signed for an account that is there.
   * @param csr DER
   * @returns the certificate and those of its issuers, PEM
   * @throws AcmeClientError
   */
  async certify(csr: Buffer, names: readonly string[]): Promise<string> {
    if (this.account === undefined) await this.signIn({ onlyReturnExisting: true });
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const { newOrder } = await this.directory();
    const opened = await this.post(newOrder, { identifiers });
    const order = orderSchema.parse(JSON.parse(opened.body));
    for (const url of order.authorizations) await this.prove(url);
    const finished = orderSchema.parse(
      JSON.parse((await this.post(order.finalize, { csr: csr.toString("base64url") })).body),
    );
    if (finished.certificate === undefined) throw new AcmeClientError(`Order has status ${finished.status}`);
    return (await this.post(finished.certificate, undefined)).body;
  }

  private async prove(url: string): Promise<void> {
    const look = async () => authorizationSchema.parse(JSON.parse((await this.post(url, undefined)).body));
    let found = await look();
    const challenge = found.challenges.find(({ type }) => type === "http-01");
    if (found.status === "valid") return;
    if (!challenge) throw new AcmeClientError("no challenge over HTTP is offered");
    await this.post(challenge.url, {});
    while (found.status === "pending") {
      await sleep(interval, undefined, { signal: this.options.signal });
      found = await look();
    }
    if (found.status !== "valid")
      throw new AcmeClientError(
        `Challenge is invalid! (returned: invalid) (result: ${JSON.stringify(found.challenges)})`,
      );
  }

  private async signIn(payload: object): Promise<void> {
    const { newAccount } = await this.directory();
    const { headers } = await this.post(newAccount, payload);
    this.account = String(headers["location"]);
  }

  private async directory(): Promise<z.output<typeof directorySchema>> {
    this.places ??= directorySchema.parse(JSON.parse((await this.send("GET", this.options.directory)).body));
    return this.places;
  }

  /** @param payload `undefined` asks for what is there */
  private async post(url: string, payload: object | undefined): Promise<Answer> {
    const { account: key } = this.options;
    const { newNonce } = await this.directory();
    const nonce = String((await this.send("HEAD", newNonce)).headers["replay-nonce"]);
    const { account } = this;
    const by =
      account === undefined ? { jwk: createPublicKey(key).export({ format: "jwk" }) } : { kid: account };
    const head = encode({ alg: algorithmOf(key), nonce, url, ...by });
    const body = payload === undefined ? "" : encode(payload);
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" });
    const signed = { protected: head, payload: body, signature: signature.toString("base64url") };
    const answer = await this.send("POST", url, JSON.stringify(signed), false);
    // A nonce that got lost is no failure (section 6.5).
    if (answer.status === 400 && answer.body.includes("acme:error:badNonce")) return this.post(url, payload);
    return verifyAnswer("POST", url, answer);
  }

  private async send(method: string, url: string, body?: string, judged = true): Promise<Answer> {
    const { root, signal } = this.options;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const headers = { "user-agent": "dehydrated-simulated", "content-type": "application/jose+json" };
      const asking = ask(
        url,
        { method, headers, agent: false, signal, ...(root !== undefined && { ca: root }) },
        (got) => {
          let text = "";
          got.on("data", (chunk: Buffer) => {
            text += chunk.toString();
          });
          got.once("end", () => resolve({ status: got.statusCode ?? 0, headers: got.headers, body: text }));
          got.once("error", reject);
        },
      );
      asking.once("error", reject);
      asking.end(body);
    }).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AcmeClientError(`Problem connecting to server (${method} for ${url}; ${why})`, { cause });
    });
    return judged ? verifyAnswer(method, url, answer) : answer;
  }
}

function verifyAnswer(method: string, url: string, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new AcmeClientError(
    `An error occurred while sending ${method.toLowerCase()}-request to ${url} (Status ${answer.status})\n\nDetails:\n${answer.body}`,
  );
}

/** The storage of a repository, as a client of S3 sees it. */
import { type AccessKey, sha256, signatureOf } from "../../storage/signature.ts";
import { fatal, ResticFailure, unsupported } from "./failure.ts";

/** Where a repository lies: `s3:http://127.0.0.1:9000/bucket/path`. */
interface Place {
  origin: string;
  host: string;
  bucket: string;
  path: string;
}

function parsePlace(repository: string): Place {
  const [, origin, host, bucket, path = ""] =
    /^s3:(http:\/\/([^/]+))\/([^/]+)((?:\/[^/]+)*)$/.exec(repository) ?? [];
  if (origin === undefined || host === undefined || bucket === undefined)
    throw unsupported(`the repository ${repository}: expected s3:http://<address>:<port>/<bucket>/<path>`);
  return { origin, host, bucket, path: path.slice(1) };
}

/** Everything that AWS leaves as it is. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

const texts = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, "g"))].map(([, text = ""]) => text);

export class Objects {
  readonly repository: string;
  private readonly place: Place;
  private readonly key: AccessKey;
  private readonly signal: AbortSignal;

  /** @param signal after it nothing more is asked: the program was killed */
  constructor(repository: string, key: AccessKey, signal: AbortSignal) {
    this.repository = repository;
    this.place = parsePlace(repository);
    this.key = key;
    this.signal = signal;
  }

  /** @throws ResticFailure where the object or its bucket is not there, in S3's words */
  async get(name: string): Promise<Buffer> {
    const response = await this.ask("GET", this.keyOf(name));
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    throw new ResticFailure(texts(await response.text(), "Message")[0] ?? `status ${response.status}`);
  }

  async has(name: string): Promise<boolean> {
    return (await this.ask("HEAD", this.keyOf(name))).ok;
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    await this.demand("PUT", this.keyOf(name), {}, bytes);
  }

  async remove(name: string): Promise<void> {
    await this.demand("DELETE", this.keyOf(name));
  }

  /** Names below a folder. */
  async list(folder: string): Promise<string[]> {
    const prefix = this.keyOf(`${folder}/`);
    const found: string[] = [];
    for (let token: string | undefined; ; ) {
      const query = {
        "list-type": "2",
        prefix,
        ...(token !== undefined && { "continuation-token": token }),
      };
      const xml = await (await this.demand("GET", "", query)).text();
      found.push(...texts(xml, "Key").map((key) => key.slice(prefix.length)));
      [token] = texts(xml, "NextContinuationToken");
      if (token === undefined) return found;
    }
  }

  async makeBucket(): Promise<void> {
    if (!(await this.ask("HEAD", "")).ok) await this.demand("PUT", "");
  }

  private keyOf(name: string): string {
    return this.place.path === "" ? name : `${this.place.path}/${name}`;
  }

  private async demand(
    method: string,
    key: string,
    query: Readonly<Record<string, string>> = {},
    body?: Buffer,
  ): Promise<Response> {
    const response = await this.ask(method, key, query, body);
    if (response.ok) return response;
    const said = texts(await response.text(), "Message")[0] ?? `status ${response.status}`;
    throw fatal(`${method} of ${key || this.place.bucket}: ${said}`);
  }

  private async ask(
    method: string,
    key: string,
    query: Readonly<Record<string, string>> = {},
    body: Buffer = Buffer.alloc(0),
  ): Promise<Response> {
    const { origin, host, bucket } = this.place;
    const path = `/${bucket}/${key.split("/").map(encode).join("/")}`;
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const payloadHash = sha256(body);
    const headers = { host, "x-amz-content-sha256": payloadHash, "x-amz-date": date };
    const signedHeaders = Object.keys(headers);
    const parameters = new URLSearchParams(query);
    const signed = { method, path, query: parameters, headers, signedHeaders, payloadHash, date, scope };
    const signature = signatureOf(this.key, signed);
    const authorization = `AWS4-HMAC-SHA256 Credential=${this.key.id}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
    const { host: _, ...sent } = headers;
    this.signal.throwIfAborted();
    const search = parameters.size > 0 ? `?${parameters.toString()}` : "";
    return fetch(`${origin}${path}${search}`, {
      method,
      headers: { ...sent, authorization },
      signal: this.signal,
      ...(method === "PUT" && { body: new Uint8Array(body) }),
    }).catch((cause: unknown) => {
      this.signal.throwIfAborted();
      const why =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw fatal(`unable to open config file: Stat: ${method} "${origin}${path}": ${why}`);
    });
  }
}

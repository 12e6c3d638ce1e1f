/** A small client of the OCI distribution protocol, with Docker's token authentication. */

export interface PushCredentials {
  username: string;
  password: string;
}

/** How it names itself: neither the driver nor a host. */
const userAgent = "liftlock-rehearsal";

/** The registry did not do what was asked of it. */
export class PushFailed extends Error {
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request}: the registry answered ${status} ${body}`);
    this.name = "PushFailed";
    this.status = status;
  }
}

/** What a request carries, and what it would have back. */
interface Carried {
  body?: Uint8Array;
  /** Media type of the body. */
  type?: string;
  /** Media type that is wanted. */
  accept?: string;
}

/** An answer, read to its end. */
export interface Told {
  status: number;
  headers: Headers;
  text: string;
}

/** Asks one registry; fetches tokens when it is challenged, and keeps the newest. */
export class RegistryClient {
  /** Base address, without a path. */
  readonly url: string;
  private readonly credentials: PushCredentials | undefined;
  private token: string | undefined;

  constructor(url: string, credentials: PushCredentials | undefined) {
    this.url = url;
    this.credentials = credentials;
  }

  /** Sends a request. Throws {@link PushFailed} when the status is none of the expected ones. */
  async ask(method: string, path: string, expected: readonly number[], carried: Carried = {}): Promise<Told> {
    let response = await this.send(method, path, carried);
    if (response.status === 401 && this.credentials) {
      await response.arrayBuffer();
      await this.authenticate(response.headers.get("www-authenticate") ?? "", this.credentials);
      response = await this.send(method, path, carried);
    }
    const text = await response.text();
    const { status, headers } = response;
    if (!expected.includes(status)) throw new PushFailed(`${method} ${path}`, status, text);
    return { status, headers, text };
  }

  private send(method: string, path: string, { body, type, accept }: Carried): Promise<Response> {
    const headers = {
      "user-agent": userAgent,
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(type === undefined ? {} : { "content-type": type }),
      ...(accept === undefined ? {} : { accept }),
    };
    const signal = AbortSignal.timeout(30_000);
    return fetch(new URL(path, this.url), {
      method,
      headers,
      body: body ? new Uint8Array(body) : null,
      signal,
    });
  }

  private async authenticate(challenge: string, { username, password }: PushCredentials): Promise<void> {
    const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const to = new URL(part("realm"));
    to.searchParams.set("service", part("service"));
    // All that pushing needs, whatever this request does: one token then serves the whole repository.
    to.searchParams.set("scope", part("scope").replace(/:pull$/, ":pull,push"));
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const response = await fetch(to, { headers: { authorization }, signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new PushFailed(`GET ${to.pathname}`, response.status, await response.text());
    const answer = (await response.json()) as { token?: unknown };
    this.token = String(answer.token);
  }
}

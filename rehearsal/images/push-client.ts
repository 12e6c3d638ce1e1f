/** A small client of the OCI distribution protocol, with Docker's token authentication. */

export interface PushCredentials {
  username: string;
  password: string;
}

/** The registry did not do what was asked of it. */
export class PushFailed extends Error {
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request}: the registry answered ${status} ${body}`);
    this.name = "PushFailed";
    this.status = status;
  }
}

interface Body {
  body: Uint8Array;
  type: string;
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
  async ask(method: string, path: string, expected: readonly number[], body?: Body): Promise<Response> {
    let response = await this.send(method, path, body);
    if (response.status === 401 && this.credentials) {
      await this.authenticate(response.headers.get("www-authenticate") ?? "", this.credentials);
      response = await this.send(method, path, body);
    }
    const text = await response.text();
    if (!expected.includes(response.status)) throw new PushFailed(`${method} ${path}`, response.status, text);
    return response;
  }

  private send(method: string, path: string, body: Body | undefined): Promise<Response> {
    const headers = {
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(body === undefined ? {} : { "content-type": body.type }),
    };
    const signal = AbortSignal.timeout(30_000);
    return fetch(new URL(path, this.url), {
      method,
      headers,
      body: body ? new Uint8Array(body.body) : null,
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

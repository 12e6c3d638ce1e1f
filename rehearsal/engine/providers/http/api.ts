// A JSON API as the real providers use it: what they retry, after how long, and how they word a refusal.
import { EngineError, messageOf } from "../../failure.ts";
import { isObject, type Props } from "../../values/values.ts";
import { waitSeconds } from "../pace.ts";
import { type HttpAnswer, send } from "./request.ts";

/** Waits between tries in seconds, as go-retryablehttp in the real providers. */
const RETRY_AFTER = [1, 2, 4, 8];

/** An answer that says no. */
export class ApiError extends EngineError {
  readonly status: number;

  constructor(status: number, message: string) {
    super("provider", message);
    this.status = status;
  }
}

const isRetryable = (status: number): boolean => status === 429 || status >= 500;

function refusal(method: string, url: URL, answer: HttpAnswer): ApiError {
  let message = answer.body.slice(0, 500);
  try {
    const parsed: unknown = JSON.parse(answer.body);
    if (isObject(parsed) && typeof parsed.message === "string") message = parsed.message;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return new ApiError(answer.status, `${method} ${url.href}: ${answer.status} ${message}`.trimEnd());
}

/** Calls one API. */
export class Api {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** `base` is the URL before every path. */
  constructor(base: URL | string, headers: Readonly<Record<string, string>>) {
    this.#base = String(base).replace(/\/+$/, "");
    this.#headers = headers;
  }

  get(path: string): Promise<Props> {
    return this.call("GET", path);
  }

  /** A GET whose 404 means "it does not exist". */
  async find(path: string): Promise<Props | undefined> {
    try {
      return await this.call("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  post(path: string, body: Props): Promise<Props> {
    return this.call("POST", path, body);
  }

  put(path: string, body: Props): Promise<Props> {
    return this.call("PUT", path, body);
  }

  patch(path: string, body: Props): Promise<Props> {
    return this.call("PATCH", path, body);
  }

  /** A DELETE; what is gone already is fine. */
  async delete(path: string, body?: Props): Promise<void> {
    try {
      await this.call("DELETE", path, body);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async call(method: string, path: string, body?: Props): Promise<Props> {
    const url = new URL(`${this.#base}/${path}`);
    const answer = await this.#tried(method, url, body);
    if (answer.status >= 400) throw refusal(method, url, answer);
    const parsed: unknown = answer.body === "" ? {} : JSON.parse(answer.body);
    return isObject(parsed) ? parsed : { items: parsed };
  }

  async #tried(method: string, url: URL, body: Props | undefined): Promise<HttpAnswer> {
    const headers = {
      ...this.#headers,
      accept: "application/json",
      ...(body && { "content-type": "application/json" }),
    };
    const request = { method, url, headers, ...(body && { body: JSON.stringify(body) }) };
    for (const seconds of RETRY_AFTER) {
      try {
        const answer = await send(request);
        if (!isRetryable(answer.status)) return answer;
      } catch {
        // Nobody answered: try again, as for an answer that asks for it.
      }
      await waitSeconds(seconds);
    }
    try {
      return await send(request);
    } catch (cause) {
      throw new EngineError("provider", `${method} ${url.href}: ${messageOf(cause)}`, { cause });
    }
  }
}

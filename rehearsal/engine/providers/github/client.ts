import { EngineError } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { optionalText, text } from "../fields.ts";
import { Api } from "../http/api.ts";
import { verifyLoopback } from "../loopback.ts";
import { waitSeconds } from "../pace.ts";
import type { Context } from "../provider.ts";

/** Pause after a write in the real provider (`writeDelayMs`). */
const WRITE_DELAY_SECONDS = 1;

/** The API's address in a provider's configuration, or of the environment; proven to be on this machine. */
export function baseUrlOf(config: Props): URL {
  return verifyLoopback(optionalText(config, "baseUrl") ?? process.env.GITHUB_BASE_URL, "GITHUB_BASE_URL");
}

/** GitHub as one provider sees it: an owner, and writes one after the other. */
export class GitHub {
  readonly #api: Api;
  readonly #owner: string;
  readonly #serial: boolean;
  #writes: Promise<unknown> = Promise.resolve();
  #greeted: Promise<unknown> | undefined;

  constructor(config: Props) {
    const token = optionalText(config, "token") ?? process.env.GITHUB_TOKEN ?? "";
    const owner =
      optionalText(config, "owner") ?? optionalText(config, "organization") ?? process.env.GITHUB_OWNER;
    if (!owner)
      throw new EngineError("provider", "github: an owner is expected, in github:owner or GITHUB_OWNER");
    // Any base but github.com's is an Enterprise server, whose API lives under /api/v3.
    const base = `${baseUrlOf(config).href.replace(/\/+$/, "")}/api/v3`;
    this.#api = new Api(base, { authorization: `Bearer ${token}`, "user-agent": "liftlock-rehearsal" });
    this.#owner = owner;
    this.#serial = (optionalText(config, "legacyClient") ?? process.env.GITHUB_LEGACY_CLIENT) !== "false";
  }

  /** Path of a repository of the owner. */
  repository(name: string): string {
    return `repos/${this.#owner}/${name}`;
  }

  async get(path: string): Promise<Props> {
    await this.#greet();
    return this.#api.get(path);
  }

  async find(path: string): Promise<Props | undefined> {
    await this.#greet();
    return this.#api.find(path);
  }

  async write(method: "POST" | "PUT" | "PATCH", path: string, body: Props): Promise<Props> {
    await this.#greet();
    return this.#inTurn(() => this.#api.call(method, path, body));
  }

  async delete(path: string): Promise<void> {
    await this.#greet();
    return this.#inTurn(() => this.#api.delete(path));
  }

  /** The real provider asks once whether its owner is an organisation; 404 means a user. */
  #greet(): Promise<unknown> {
    this.#greeted ??= this.#api.find(`orgs/${this.#owner}`);
    return this.#greeted;
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    if (!this.#serial) return write();
    const done = this.#writes.then(write);
    this.#writes = done.catch(() => undefined).then(() => waitSeconds(WRITE_DELAY_SECONDS));
    return done;
  }
}

const clients = new WeakMap<Props, GitHub>();

/** The client of the provider that serves a call. */
export function clientOf(context: Context): GitHub {
  const known = clients.get(context.config) ?? new GitHub(context.config);
  clients.set(context.config, known);
  return known;
}

/** A repository's number, under which its environments keep secrets. */
export async function repositoryId(github: GitHub, repository: string): Promise<number> {
  return Number(text(await github.get(github.repository(repository)), "id"));
}

/** `created_at` and `updated_at` by the SDK's names. */
export const times = (item: Props): Props => ({
  createdAt: text(item, "created_at"),
  updatedAt: text(item, "updated_at"),
});

// Writing the checkpoint around every side effect must stay cheap: a resource's text is made once per value of the
// resource, and writes that are asked for while one is under way are done together.
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Secrets } from "../secrets/passphrase.ts";
import { deploymentHead, encodeResource } from "./deployment.ts";
import { writeWholeSoon } from "./files.ts";
import type { Resource, Snapshot, StackRef } from "./resource.ts";

const texts = new WeakMap<Resource, { readonly secrets: Secrets | undefined; readonly text: string }>();

function textOf(resource: Resource, secrets: Secrets | undefined): string {
  const known = texts.get(resource);
  if (known && known.secrets === secrets) return known.text;
  const text = JSON.stringify(encodeResource(resource, secrets));
  texts.set(resource, { secrets, text });
  return text;
}

/** The whole checkpoint file. */
export function checkpointText(ref: StackRef, snapshot: Snapshot): string {
  const { resources, pending, secrets } = snapshot;
  const fields = [JSON.stringify(deploymentHead(secrets)).slice(1, -1)];
  if (resources.length > 0)
    fields.push(`"resources":[${resources.map((one) => textOf(one, secrets)).join(",")}]`);
  if (pending.length > 0) {
    const operations = pending.map(
      ({ resource, type }) => `{"resource":${textOf(resource, secrets)},"type":${JSON.stringify(type)}}`,
    );
    fields.push(`"pending_operations":[${operations.join(",")}]`);
  }
  const stack = JSON.stringify(`organization/${ref.project}/${ref.stack}`);
  return `{"version":3,"checkpoint":{"stack":${stack},"latest":{${fields.join(",")},"metadata":{}}}}`;
}

/** Keeps a stack's checkpoint file up to date during an operation. */
export class CheckpointWriter {
  readonly #file: string;
  readonly #text: () => string;
  #written = Promise.resolve();
  #next: Promise<void> | undefined;
  #dirty = false;

  /** `text` makes the checkpoint as of the moment it is called. */
  constructor(file: string, text: () => string) {
    this.#file = file;
    this.#text = text;
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) copyFileSync(file, `${file}.bak`);
    rmSync(`${file}.attrs`, { force: true });
  }

  /** Notes a change that may wait for the next {@link flush}. */
  touch(): void {
    this.#dirty = true;
  }

  /** Resolves when everything up to now is on disk; calls made meanwhile share one write. */
  flush(): Promise<void> {
    this.#dirty = true;
    this.#next ??= this.#written.then(() => this.#write());
    return this.#next;
  }

  /** Writes what is still only noted. */
  async finish(): Promise<void> {
    if (this.#dirty) await this.flush();
    await this.#written;
  }

  async #write(): Promise<void> {
    this.#next = undefined;
    this.#dirty = false;
    const writing = writeWholeSoon(this.#file, this.#text());
    this.#written = writing.catch(() => undefined);
    await writing;
  }
}

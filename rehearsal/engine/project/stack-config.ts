// Pulumi.<stack>.yaml: configuration as stored, with `{secure: <ciphertext>}` for secrets anywhere within.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Document, parseDocument } from "yaml";
import { unsupported } from "../failure.ts";
import { Secrets } from "../secrets/passphrase.ts";
import { writeWhole } from "../state/files.ts";
import type { StackRef } from "../state/resource.ts";
import { getPath, segmentsOf, withPath } from "../values/paths.ts";
import { isObject, type Props } from "../values/values.ts";
import { findSettings, type Project } from "./project.ts";

/** A value as `pulumi config --json` shows it. */
export interface ConfigValue {
  readonly value: string;
  readonly objectValue?: unknown;
  readonly secret: boolean;
}

/** Whether a stored value is a secret's ciphertext. */
export function isSecure(stored: unknown): stored is { secure: string } {
  return isObject(stored) && typeof stored.secure === "string" && Object.keys(stored).length === 1;
}

function containsSecure(stored: unknown): boolean {
  if (isSecure(stored)) return true;
  return stored !== null && typeof stored === "object" && Object.values(stored).some(containsSecure);
}

/** A stored value as shown; `reveal` turns ciphertext into what is shown for it. */
export function showStored(stored: unknown, reveal: (ciphertext: string) => string): ConfigValue {
  const open = (value: unknown): unknown => {
    if (isSecure(value)) return reveal(value.secure);
    if (Array.isArray(value)) return value.map(open);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item)]));
  };
  const secret = containsSecure(stored);
  const value = open(stored);
  if (value !== null && typeof value === "object")
    return { value: JSON.stringify(value), objectValue: value, secret };
  return { value: String(value), secret };
}

/** The configuration of one stack. */
export class StackConfig {
  readonly #project: Project;
  readonly #file: string;
  readonly #document: Document;
  #secrets: Secrets | undefined;

  /** @throws EngineError `unsupported` for other secrets providers and ESC environments. */
  constructor(project: Project, ref: StackRef, file?: string) {
    this.#project = project;
    const base = `Pulumi.${ref.stack}`;
    this.#file = file
      ? resolve(file)
      : (findSettings(project.directory, base) ?? join(project.directory, `${base}.yaml`));
    this.#document = parseDocument(existsSync(this.#file) ? readFileSync(this.#file, "utf8") : "");
    for (const key of ["encryptedkey", "secretsprovider", "environment"]) {
      const value: unknown = this.#document.get(key);
      if (value && value !== "passphrase") throw unsupported(`'${key}' in ${this.#file}`);
    }
    const salt: unknown = this.#document.get("encryptionsalt");
    if (typeof salt === "string") this.#secrets = new Secrets(salt);
  }

  get secrets(): Secrets | undefined {
    return this.#secrets;
  }

  /** The stack's secrets, with a fresh salt written to the file when it has none. */
  ensureSecrets(): Secrets {
    if (this.#secrets) return this.#secrets;
    this.#secrets = Secrets.create();
    this.#document.set("encryptionsalt", this.#secrets.salt);
    this.#save();
    return this.#secrets;
  }

  /** Takes over the secrets of a state whose configuration file is new (a fresh checkout, say). */
  adoptSecrets(secrets: Secrets): void {
    if (this.#secrets) return;
    this.#secrets = secrets;
    this.#document.set("encryptionsalt", secrets.salt);
    this.#save();
  }

  /** Values as stored, defaults of Pulumi.yaml included; keys are `namespace:name`. */
  stored(): Props {
    const all: Props = {};
    const declared = this.#project.spec.config;
    for (const [key, spec] of Object.entries(isObject(declared) ? declared : {})) {
      const value = isObject(spec) ? (spec.value ?? spec.default) : spec;
      if (value !== undefined) all[this.#key(key)] = value;
    }
    for (const [key, value] of Object.entries(this.#own())) all[this.#key(key)] = value;
    return all;
  }

  /** Whether showing or using the configuration needs the key. */
  get hasSecrets(): boolean {
    return containsSecure(this.stored());
  }

  all(show: boolean): Record<string, ConfigValue> {
    const reveal = (ciphertext: string) => (show ? this.ensureSecrets().decrypt(ciphertext) : "[secret]");
    return Object.fromEntries(
      Object.entries(this.stored()).map(([key, value]) => [key, showStored(value, reveal)]),
    );
  }

  get(key: string, isPath: boolean): ConfigValue | undefined {
    const { head, rest } = this.#split(key, isPath);
    const whole = this.stored()[head];
    const stored = rest ? getPath(whole, rest) : whole;
    return stored === undefined
      ? undefined
      : showStored(stored, (text) => this.ensureSecrets().decrypt(text));
  }

  /** Sets a value; with `isPath`, `a.b[0]` reaches into structures and true, false and integers keep their type. */
  set(key: string, value: string, options: { secret: boolean; isPath: boolean }): void {
    const typed =
      options.isPath && /^(true|false|0|-?[1-9]\d*)$/.test(value) ? (JSON.parse(value) as unknown) : value;
    this.setStored(
      key,
      options.secret ? { secure: this.ensureSecrets().encrypt(value) } : typed,
      options.isPath,
    );
  }

  /** Sets (or with undefined removes) a value in its stored form. */
  setStored(key: string, stored: unknown, isPath = false): void {
    const { head, rest } = this.#split(key, isPath);
    const own = this.#own();
    const name = Object.keys(own).find((candidate) => this.#key(candidate) === head) ?? head;
    const before = own[name];
    const after = rest
      ? withPath({ at: before }, `at${rest.startsWith("[") ? "" : "."}${rest}`, stored).at
      : stored;
    if (after === undefined) this.#document.deleteIn(["config", name]);
    else this.#document.setIn(["config", name], this.#document.createNode(after));
    this.#save();
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }

  #own(): Props {
    const content: unknown = this.#document.toJSON();
    const config = isObject(content) ? content.config : undefined;
    return isObject(config) ? config : {};
  }

  /** `name`, `namespace:name` and the old `namespace:config:name` as `namespace:name`. */
  #key(key: string): string {
    const colon = key.indexOf(":");
    if (colon === -1) return `${this.#project.name}:${key}`;
    return `${key.slice(0, colon)}:${key.slice(colon + 1).replace(/^config:/, "")}`;
  }

  #split(key: string, isPath: boolean): { head: string; rest: string } {
    if (!isPath) return { head: this.#key(key), rest: "" };
    const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(key);
    const head = quoted?.[1] ?? segmentsOf(key)[0] ?? key;
    return {
      head: this.#key(head),
      rest: key.slice(quoted ? quoted[0].length : head.length).replace(/^\./, ""),
    };
  }

  #save(): void {
    writeWhole(this.#file, this.#document.toString({ lineWidth: 0 }));
  }
}

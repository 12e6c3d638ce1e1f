import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { namespace, parseConfig, type StackConfig } from "../../stacks/config.ts";
import { Failure } from "../release/failure.ts";
import type { ConfigurationFile, Pin } from "./ports.ts";

/**
 * What we write is quoted: the engine reads YAML 1.1, in which a plain time, or a commit such as 12e4567, is not a text.
 */
const quoted = { lineWidth: 0, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const;

/** What `liftlock init` writes last. */
const hasKeys = (document: Document): boolean => document.hasIn(["config", `${namespace}:ssh`, "privateKey"]);

/** `Pulumi.<stack>.yaml`: read and checked as a whole, written key by key so that comments and other edits stay. */
export class StackFile implements ConfigurationFile {
  readonly name: string;
  private readonly path: string;

  constructor(workDirectory: string, stack: string) {
    this.name = `Pulumi.${stack}.yaml`;
    this.path = join(workDirectory, this.name);
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  private document(): Document {
    if (!this.exists)
      throw new Failure({
        code: "StackUnknown",
        message: `expected ${this.name} in the project, found none`,
        hint: `liftlock init ${this.name.split(".")[1] ?? "<environment>"}`,
        fault: "user",
      });
    const document = parseDocument(readFileSync(this.path, "utf8"));
    const problem = document.errors[0];
    if (problem)
      throw new Failure({
        code: "ConfigInvalid",
        message: `${this.name} is not YAML: ${problem.message}`,
        hint: "Mend the file; nothing was changed.",
        fault: "user",
      });
    return document;
  }

  /** The whole configuration; secrets are ciphertext. @throws Failure `ConfigInvalid`, `StackUnknown` */
  read(): StackConfig {
    const document = this.document();
    if (document.hasIn(["config", `${namespace}:app`]) && !hasKeys(document))
      throw new Failure({
        code: "StackUnknown",
        message: `${this.name} is a proposal so far: it has no keys (${namespace}:ssh)`,
        hint: `liftlock init ${this.name.split(".")[1]} --operators <address ranges that may reach SSH>`,
        fault: "user",
      });
    const plain = document.toJS() as { config?: Record<string, unknown> } | null;
    return parseConfig(plain?.config ?? {}, this.name, "file");
  }

  /** True when the file sets this key, of whatever namespace. */
  has(key: string): boolean {
    return this.exists && this.document().hasIn(["config", key]);
  }

  /** Whether the environment has been made (`liftlock init`): before that the file is only a proposal, without keys. */
  get made(): boolean {
    return this.exists && hasKeys(this.document());
  }

  /** What the file says of our namespace, unchecked and without the namespace; nothing when there is no file. */
  values(): Record<string, unknown> {
    const prefix = `${namespace}:`;
    const plain = this.exists && (this.document().toJS() as { config?: Record<string, unknown> } | null);
    return Object.fromEntries(
      Object.entries((plain && plain.config) || {})
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  }

  /** The driver's part of it. */
  pin(): Pin {
    const { release, candidate, rollout } = this.read();
    return { release, candidate, rollout };
  }

  /** The whole file as it would be with this pin; every other key is left as it is. */
  draft(pin: Pin): string {
    const { attempt, mode, hosts = 100, traffic = 100 } = pin.rollout;
    // What is as everywhere is not written.
    const rollout = {
      attempt,
      ...(mode === "revert" && { mode }),
      ...(hosts < 100 && { hosts }),
      ...(traffic < 100 && { traffic }),
    };
    return this.with({ release: pin.release, candidate: pin.candidate, rollout });
  }

  /** Writes the pin, and leaves every other key as it is. */
  write(pin: Pin): void {
    this.replace(this.draft(pin));
  }

  /** Sets keys of our namespace, removes those that are undefined: all of it or nothing. */
  set(values: Readonly<Record<string, unknown>>): void {
    this.replace(this.with(values));
  }

  private with(values: Readonly<Record<string, unknown>>): string {
    const document = this.document();
    for (const [key, value] of Object.entries(values)) {
      const path = ["config", `${namespace}:${key}`];
      if (value === undefined) document.deleteIn(path);
      else document.setIn(path, document.createNode(value));
    }
    return document.toString(quoted);
  }

  private replace(text: string): void {
    const draft = `${this.path}.${process.pid}.tmp`;
    const descriptor = openSync(draft, "w", statSync(this.path).mode);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, this.path);
  }
}

import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { EngineError, unsupported } from "../failure.ts";
import { Backend } from "../state/backend.ts";
import { writeWhole } from "../state/files.ts";
import type { StackRef } from "../state/resource.ts";
import { isObject, type Props } from "../values/values.ts";

/** The file with this base name and one of the endings Pulumi knows, in a directory. */
export function findSettings(directory: string, base: string): string | undefined {
  return [".yaml", ".yml", ".json"]
    .map((ending) => join(directory, base + ending))
    .find((file) => existsSync(file));
}

function findUpwards(from: string): string {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const file = findSettings(directory, "Pulumi");
    if (file) return file;
    if (directory === dirname(directory)) {
      throw new EngineError(
        "project",
        `no Pulumi.yaml project file found in ${from} or any directory above it`,
      );
    }
  }
}

/** Pulumi.yaml and what follows from it: the backend, the program, the selected stack. */
export class Project {
  readonly directory: string;
  readonly name: string;
  readonly spec: Props;
  readonly backend: Backend;
  readonly #file: string;

  /** @throws EngineError `project` without a project file, `usage` without a backend, `foreign-backend` for another's. */
  constructor(from: string) {
    this.#file = findUpwards(from);
    this.directory = dirname(this.#file);
    const spec: unknown = parse(readFileSync(this.#file, "utf8"));
    if (!isObject(spec) || typeof spec.name !== "string") {
      throw new EngineError("project", `${this.#file} has no project name`);
    }
    this.spec = spec;
    this.name = spec.name;
    const declared = isObject(spec.backend) ? spec.backend.url : undefined;
    const url = process.env.PULUMI_BACKEND_URL || (typeof declared === "string" ? declared : undefined);
    if (!url) {
      throw new EngineError(
        "usage",
        "no backend: set PULUMI_BACKEND_URL to the file:// directory of the rehearsal",
      );
    }
    this.backend = new Backend(url);
  }

  /** Options of the Node runtime; other languages are refused. */
  get runtimeOptions(): Props {
    const runtime = this.spec.runtime;
    const name = isObject(runtime) ? runtime.name : runtime;
    if (name !== "nodejs") throw unsupported(`the runtime '${String(name)}'`);
    return isObject(runtime) && isObject(runtime.options) ? runtime.options : {};
  }

  /** Where the program runs and what is run there, relative to it. */
  get program(): { directory: string; entry: string } {
    const main = typeof this.spec.main === "string" ? this.spec.main : ".";
    const path = resolve(this.directory, main);
    if (!existsSync(path))
      throw new EngineError("project", `the program '${main}' named in ${this.#file} does not exist`);
    return statSync(path).isDirectory()
      ? { directory: path, entry: "." }
      : { directory: dirname(path), entry: basename(path) };
  }

  get selected(): string | undefined {
    const stacks = this.#workspace().stacks;
    const full = isObject(stacks) ? stacks[this.backend.url] : undefined;
    return typeof full === "string" ? full.split("/").pop() : undefined;
  }

  select(stack: string): void {
    const workspace = this.#workspace();
    const stacks = isObject(workspace.stacks) ? workspace.stacks : {};
    const full = `organization/${this.name}/${stack}`;
    writeWhole(
      this.#workspaceFile,
      JSON.stringify({ ...workspace, stacks: { ...stacks, [this.backend.url]: full } }, null, 4),
    );
  }

  /** The stack of that name (`dev` or `organization/project/dev`), or the selected one. */
  ref(name: string | undefined): StackRef {
    const full = name ?? this.selected;
    if (!full)
      throw new EngineError("no-stack-selected", "no stack selected; please use `pulumi stack select`");
    const parts = full.split("/");
    if (parts.length > 1 && parts[0] !== "organization") {
      throw new EngineError("usage", "organization name must be 'organization'");
    }
    const stack = parts.at(-1) ?? "";
    if (!/^[A-Za-z0-9_.-]{1,100}$/.test(stack))
      throw new EngineError("usage", `invalid stack name '${stack}'`);
    return { stack, project: parts.length === 3 ? (parts[1] ?? this.name) : this.name };
  }

  /** {@link ref} of a stack that must exist. */
  existing(name: string | undefined): StackRef {
    const ref = this.ref(name);
    if (this.backend.exists(ref)) return ref;
    throw new EngineError("stack-not-found", `no stack named '${name ?? ref.stack}' found`);
  }

  get #workspaceFile(): string {
    const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
    const hash = createHash("sha1").update(this.#file).digest("hex");
    return join(home, "workspaces", `${this.name}-${hash}-workspace.json`);
  }

  #workspace(): Props {
    if (!existsSync(this.#workspaceFile)) return {};
    const content: unknown = JSON.parse(readFileSync(this.#workspaceFile, "utf8"));
    return isObject(content) ? content : {};
  }
}

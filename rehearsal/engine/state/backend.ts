// State on disk, in the layout of Pulumi's own file backend (pkg/backend/diy).
import { existsSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError, unsupported } from "../failure.ts";
import type { Secrets } from "../secrets/passphrase.ts";
import { checkpointText } from "./checkpoint.ts";
import { fromDeployment, type RawDeployment } from "./deployment.ts";
import { namesIn, writeWhole } from "./files.ts";
import { claimBackend, verifyOwnBackend } from "./ownership.ts";
import type { Snapshot, StackRef } from "./resource.ts";

/** A checkpoint file as parsed. */
export interface RawCheckpoint {
  readonly version?: number;
  readonly features?: unknown;
  readonly checkpoint: { readonly stack: string; readonly latest?: RawDeployment };
}

function directoryOf(url: string): string {
  if (!url.startsWith("file://")) throw unsupported(`the backend '${url}' (only file:// backends are)`);
  if (url.startsWith("file://~")) return join(homedir(), url.slice("file://~".length));
  const path = url.slice("file://".length);
  return path.startsWith("/") ? fileURLToPath(url) : join(process.cwd(), path);
}

/** The directory that keeps the stacks of a rehearsal. */
export class Backend {
  readonly url: string;
  readonly root: string;

  /** @throws EngineError `foreign-backend` when the directory belongs to another tool. */
  constructor(url: string) {
    this.url = url;
    this.root = join(directoryOf(url), ".pulumi");
    verifyOwnBackend(this.root);
    const meta = join(this.root, "meta.yaml");
    if (existsSync(meta) && !/^version: 1\s*$/m.test(readFileSync(meta, "utf8"))) {
      throw unsupported(`the state layout that ${meta} names`);
    }
  }

  /** A stack's checkpoint file. */
  fileOf(ref: StackRef): string {
    return join(this.root, "stacks", ref.project, `${ref.stack}.json`);
  }

  exists(ref: StackRef): boolean {
    return existsSync(this.fileOf(ref));
  }

  list(): (StackRef & { time?: string; count: number })[] {
    const stacks = join(this.root, "stacks");
    const refs = namesIn(stacks).flatMap((project) =>
      namesIn(join(stacks, project))
        .filter((name) => name.endsWith(".json"))
        .map((name) => ({ project, stack: name.slice(0, -".json".length) })),
    );
    return refs.map((ref) => {
      const latest = this.raw(ref).checkpoint.latest;
      const time = latest?.manifest?.time;
      return { ...ref, ...(time !== undefined && { time }), count: latest?.resources?.length ?? 0 };
    });
  }

  raw(ref: StackRef): RawCheckpoint {
    try {
      return JSON.parse(readFileSync(this.fileOf(ref), "utf8")) as RawCheckpoint;
    } catch (cause) {
      throw new EngineError("state", `the checkpoint ${this.fileOf(ref)} is not readable JSON`, { cause });
    }
  }

  /** Whether reading the stack's state needs the key of its secrets. */
  hasSecrets(ref: StackRef): boolean {
    return readFileSync(this.fileOf(ref), "utf8").includes('"ciphertext"');
  }

  load(ref: StackRef, known?: Secrets): Snapshot {
    const { version, features, checkpoint } = this.raw(ref);
    return fromDeployment(
      { ...(version !== undefined && { version }), features, deployment: checkpoint.latest },
      known,
    );
  }

  save(ref: StackRef, snapshot: Snapshot): void {
    claimBackend(this.root);
    writeWhole(this.fileOf(ref), checkpointText(ref, snapshot));
  }

  remove(ref: StackRef): void {
    for (const suffix of ["", ".attrs", ".bak"]) rmSync(this.fileOf(ref) + suffix, { force: true });
    rmSync(join(this.root, "history", ref.project, ref.stack), { recursive: true, force: true });
  }
}

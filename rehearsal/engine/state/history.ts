import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Props } from "../values/values.ts";
import type { Backend } from "./backend.ts";
import { namesIn, writeWhole } from "./files.ts";
import type { StackRef } from "./resource.ts";

/** One finished update, as the real backend's `*.history.json` (pkg/backend/updates.go). Times are in seconds. */
export interface UpdateInfo {
  readonly kind: string;
  readonly startTime: number;
  readonly message: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The whole configuration, secrets as ciphertext. */
  readonly config: Props;
  readonly version: number;
  readonly result: "succeeded" | "failed";
  readonly endTime: number;
  readonly resourceChanges: Readonly<Record<string, number>>;
}

const directoryOf = (backend: Backend, ref: StackRef): string =>
  join(backend.root, "history", ref.project, ref.stack);

/** Records a finished update beside a copy of the checkpoint it left. */
export function addHistory(backend: Backend, ref: StackRef, info: UpdateInfo): void {
  const nanoseconds = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  const base = join(directoryOf(backend, ref), `${ref.stack}-${nanoseconds}`);
  writeWhole(`${base}.history.json`, JSON.stringify(info));
  copyFileSync(backend.fileOf(ref), `${base}.checkpoint.json`);
}

/** The stack's updates, newest first; `page` counts from 1. */
export function readHistory(backend: Backend, ref: StackRef, size?: number, page = 1): UpdateInfo[] {
  const directory = directoryOf(backend, ref);
  const names = namesIn(directory)
    .filter((name) => name.endsWith(".history.json"))
    .sort()
    .reverse();
  const from = size ? (Math.max(1, page) - 1) * size : 0;
  return names
    .slice(from, size ? from + size : undefined)
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as UpdateInfo);
}

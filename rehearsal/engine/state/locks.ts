import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { EngineError } from "../failure.ts";
import type { Backend } from "./backend.ts";
import { namesIn, writeWhole } from "./files.ts";
import { claimBackend } from "./ownership.ts";
import type { StackRef } from "./resource.ts";

interface LockContent {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

const directoryOf = (backend: Backend, ref: StackRef): string =>
  join(backend.root, "locks", "organization", ref.project, ref.stack);

function refuse(directory: string, names: readonly string[]): never {
  const lines = names.map((name) => {
    const lock = JSON.parse(readFileSync(join(directory, name), "utf8")) as LockContent;
    return `\n  file://${directory}/${name}: created by ${lock.username}@${lock.hostname} (pid ${lock.pid}) at ${lock.timestamp}`;
  });
  throw new EngineError(
    "stack-locked",
    `the stack is currently locked by ${names.length} lock(s). Either wait for the other process(es) to end or ` +
      `delete the lock file with \`pulumi cancel\`.${lines.join("")}`,
  );
}

/**
 * Takes the stack's lock and returns what gives it back. Our lock is written first and rivals are looked for again after
 * that: of two rivals at least one sees the other and withdraws.
 * @throws EngineError `stack-locked`, worded so that the Automation API recognises it.
 */
export function lockStack(backend: Backend, ref: StackRef): () => void {
  claimBackend(backend.root);
  const directory = directoryOf(backend, ref);
  const mine = `${randomUUID()}.json`;
  const rivals = () => namesIn(directory).filter((name) => name !== mine && name.endsWith(".json"));
  if (rivals().length > 0) refuse(directory, rivals());
  const content: LockContent = {
    pid: process.pid,
    username: userInfo().username,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
  writeWhole(join(directory, mine), JSON.stringify(content));
  const unlock = () => rmSync(join(directory, mine), { force: true });
  const others = rivals();
  if (others.length > 0) {
    unlock();
    refuse(directory, others);
  }
  return unlock;
}

/** Removes every lock of a stack, whoever holds it. */
export function cancelLocks(backend: Backend, ref: StackRef): void {
  rmSync(directoryOf(backend, ref), { recursive: true, force: true });
}

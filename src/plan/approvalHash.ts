import { createHash } from "node:crypto";
import type { Release } from "../release/release.ts";
import type { Override } from "./gates/gate.ts";
import type { Preview } from "./preview.ts";

/**
 * JSON in one form only: names in order, nothing between the tokens, what is undefined left out. Two values have the same text
 * exactly when they say the same.
 */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(",")}}`;
}

/** What a person agrees to: exactly this and nothing else. */
export interface ApprovalSubject {
  environment: string;
  release: Release;
  /** The plan's steps, in order. */
  steps: readonly { name: string }[];
  /** Gates that are overridden. */
  overrides: readonly Override[];
  preview: Preview;
}

/**
 * The hash that binds an approval to its subject: SHA-256 over canonical JSON, 64 hexadecimal digits. The order in which the
 * engine names changes, and people name overrides, does not matter.
 */
export function approvalHash({ environment, release, steps, overrides, preview }: ApprovalSubject): string {
  const unordered = (values: readonly unknown[]) => values.map(canonical).sort();
  const content = {
    // Another kind of content, or another form of this one, never has the same hash.
    form: "liftlock approval 1",
    environment,
    release,
    steps,
    overrides: unordered(overrides),
    changes: unordered(preview.changes.map(({ keys, ...change }) => ({ ...change, keys: unordered(keys) }))),
    counts: preview.counts,
  };
  return createHash("sha256").update(canonical(content)).digest("hex");
}

import { createHash } from "node:crypto";
import { canonicalJson } from "../release/canonical.ts";
import type { Release } from "../release/release.ts";
import type { Override } from "./gates/gate.ts";
import type { Preview } from "./preview.ts";

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
  const unordered = (values: readonly unknown[]) => values.map(canonicalJson).sort();
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
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

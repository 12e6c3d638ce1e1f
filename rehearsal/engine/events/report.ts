// What is told of a step, whoever listens.
import type { Diff } from "../deployment/diff.ts";
import type { Resource } from "../state/resource.ts";

/** What is done to a resource, in the words of Pulumi's events. */
export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "refresh";

export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

/** One step, as reported. */
export interface StepReport {
  readonly op: Op;
  readonly old: Resource | undefined;
  readonly next: Resource | undefined;
  readonly diff: Diff;
  readonly replaceKeys: readonly string[];
}

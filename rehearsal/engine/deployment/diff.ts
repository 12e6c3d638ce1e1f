// Pure: what changed, and what that means.
import type { ResourceType } from "../providers/provider.ts";
import { differsAt, getPath, segmentsOf, withPath } from "../values/paths.ts";
import { equal, hasSecret, type Props, plainProps, secret } from "../values/values.ts";

export type Change = "add" | "delete" | "update";
/** Changed properties, by name. */
export type Diff = Readonly<Record<string, Change>>;

/** Differences between two sets of inputs, secret marks aside. */
export function diffProps(before: Props, after: Props): Diff {
  const [was, now] = [plainProps(before), plainProps(after)];
  const diff: Record<string, Change> = {};
  for (const key of new Set([...Object.keys(was), ...Object.keys(now)])) {
    if (equal(was[key], now[key])) continue;
    diff[key] = was[key] === undefined ? "add" : now[key] === undefined ? "delete" : "update";
  }
  return diff;
}

/** Turns a difference around: what was added is deleted. */
export function invert(diff: Diff): Diff {
  const turned: Record<Change, Change> = { add: "delete", delete: "add", update: "update" };
  return Object.fromEntries(Object.entries(diff).map(([key, change]) => [key, turned[change]]));
}

/** Changed properties that need a new resource, by its type or by the program's `replaceOnChanges`. */
export function replaceKeysOf(
  diff: Diff,
  type: ResourceType,
  replaceOnChanges: readonly string[],
  inputs: { before: Props; after: Props },
): string[] {
  const [was, now] = [plainProps(inputs.before), plainProps(inputs.after)];
  const asked = replaceOnChanges
    .filter((path) => path !== "*" && differsAt(path, was, now))
    .map((path) => segmentsOf(path)[0]);
  const always = replaceOnChanges.includes("*");
  return Object.keys(diff).filter((key) => always || type.replaceOn?.includes(key) || asked.includes(key));
}

/** Inputs with the ignored ones put back to what they were. */
export function ignoring(inputs: Props, old: Props, paths: readonly string[]): Props {
  return paths.reduce((now, path) => withPath(now, path, getPath(old, path)), inputs);
}

/** Outputs with the secret marks of the inputs of the same name, and those the program asked for. */
export function markSecrets(outputs: Props, inputs: Props, asked: readonly string[]): Props {
  const marked: Props = {};
  for (const [key, value] of Object.entries(outputs)) {
    if (value === undefined) continue;
    marked[key] = asked.includes(key) || hasSecret(inputs[key]) ? secret(value) : value;
  }
  return marked;
}

/** `!reset` and `!override` in a compose file. https://docs.docker.com/reference/compose-file/merge/#reset-value */
import { type Document, isMap, isNode, isScalar, isSeq } from "yaml";
import { isMapping, type Mapping } from "./schema.ts";

/** Values of a file that are not merged with what earlier files say. */
export interface Tagged {
  /** Keys from the top of the file to the value. */
  path: readonly string[];
  /** `reset`: the value is taken away; `override`: this one replaces it. */
  kind: "reset" | "override";
}

/** Finds the tagged values of a file. */
export function findTagged({ contents }: Document): Tagged[] {
  return search(contents, []);
}

function search(node: unknown, path: readonly string[]): Tagged[] {
  if (!isNode(node)) return [];
  if (node.tag === "!reset") return [{ path, kind: "reset" }];
  if (node.tag === "!override") return [{ path, kind: "override" }];
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) =>
      search(value, [...path, String(isScalar(key) ? key.value : key)]),
    );
  }
  return isSeq(node) ? node.items.flatMap((item, index) => search(item, [...path, String(index)])) : [];
}

/** What is left of earlier files when this one is merged: tagged values are gone. */
export function withoutTagged(earlier: Mapping, tagged: readonly Tagged[]): Mapping {
  return tagged.reduce((rest, { path }) => without(rest, path), earlier);
}

/** What a file itself contributes: nothing where it resets. */
export function withoutReset(file: Mapping, tagged: readonly Tagged[]): Mapping {
  const reset = tagged.filter(({ kind }) => kind === "reset");
  return reset.reduce((rest, { path }) => without(rest, path), file);
}

function without(mapping: Mapping, [key, ...rest]: readonly string[]): Mapping {
  if (key === undefined || !Object.hasOwn(mapping, key)) return mapping;
  const { [key]: value, ...others } = mapping;
  if (rest.length === 0) return others;
  return isMapping(value) ? { ...mapping, [key]: without(value, rest) } : mapping;
}

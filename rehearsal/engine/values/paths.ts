import { unsupported } from "../failure.ts";
import { equal, isObject, isSecret, type Props } from "./values.ts";

/** `a.b[0]["c.d"]` as its segments. */
export function segmentsOf(path: string): string[] {
  const parts = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, word]) => quoted ?? index ?? word ?? "");
}

function child(value: unknown, key: string): unknown {
  const holder = isSecret(value) ? value.value : value;
  if (Array.isArray(holder)) return holder[Number(key)];
  return isObject(holder) ? holder[key] : undefined;
}

/** The value at a path, looking through secret marks; undefined when there is none. */
export function getPath(root: unknown, path: string): unknown {
  return segmentsOf(path).reduce(child, root);
}

function put(holder: unknown, keys: readonly string[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (isSecret(holder)) return { ...holder, value: put(holder.value, keys, value) };
  if (Array.isArray(holder) || (holder === undefined && /^\d+$/.test(key))) {
    const items = Array.isArray(holder) ? [...(holder as unknown[])] : [];
    items[Number(key)] = put(items[Number(key)], rest, value);
    return value === undefined && rest.length === 0
      ? items.filter((_, index) => index !== Number(key))
      : items;
  }
  const copy: Props = isObject(holder) ? { ...holder } : {};
  const next = put(copy[key], rest, value);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy;
}

/** A copy of `root` with the value at `path` replaced, or taken away when it is undefined. */
export function withPath(root: Props, path: string, value: unknown): Props {
  const keys = segmentsOf(path);
  if (keys.includes("*")) throw unsupported(`the property path "${path}" with a wildcard`);
  return put(root, keys, value) as Props;
}

/** Whether anything at or below `path` differs; `*` stands for every element or property. */
export function differsAt(path: string, was: unknown, now: unknown): boolean {
  const star = segmentsOf(path).indexOf("*");
  const upTo = star === -1 ? segmentsOf(path) : segmentsOf(path).slice(0, star);
  return !equal(upTo.reduce(child, was), upTo.reduce(child, now));
}

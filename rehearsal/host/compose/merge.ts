/** Several compose files as one. https://docs.docker.com/reference/compose-file/merge/ */
import { isMapping, type Mapping } from "./schema.ts";

/** Lists of these keys are replaced by a later file, not added to. */
const replaced = new Set(["command", "entrypoint", "test"]);
/** These may be lists of `NAME=value` or mappings. */
const assignments = new Set(["environment", "labels", "annotations", "sysctls", "extra_hosts"]);

/** `later` on top of `earlier`: mappings by key, lists added, everything else replaced. */
export function mergeFiles(earlier: Mapping, later: Mapping): Mapping {
  const merged: Mapping = { ...earlier };
  for (const [key, value] of Object.entries(later)) merged[key] = mergeValue(key, merged[key], value);
  return merged;
}

function mergeValue(key: string, before: unknown, after: unknown): unknown {
  if (before === undefined || before === null) return after;
  if (after === null) return before;
  if (assignments.has(key)) return { ...assignmentsOf(before), ...assignmentsOf(after) };
  if (key === "depends_on") return mergeFiles(conditionsOf(before), conditionsOf(after));
  if (isMapping(before) && isMapping(after)) return mergeFiles(before, after);
  if (Array.isArray(before) && Array.isArray(after) && !replaced.has(key)) {
    const known = new Set(before.map((item) => JSON.stringify(item)));
    return [...(before as unknown[]), ...after.filter((item) => !known.has(JSON.stringify(item)))];
  }
  return after;
}

/** `["A=1", "B"]` or `{A: 1, B: null}` as a mapping; a name without a value has `null`. */
export function assignmentsOf(value: unknown): Record<string, string | null> {
  const pairs = Array.isArray(value)
    ? value.map((item): [string, unknown] => {
        const text = String(item);
        const equals = text.indexOf("=");
        return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
      })
    : Object.entries(isMapping(value) ? value : {});
  return Object.fromEntries(
    pairs.map(([name, item]) => [name, item === null || item === undefined ? null : scalar(item)]),
  );
}

/** `depends_on` in its long form. */
export function conditionsOf(value: unknown): Record<string, Mapping> {
  if (Array.isArray(value)) {
    return Object.fromEntries(value.map((name) => [String(name), { condition: "service_started" }]));
  }
  const long = isMapping(value) ? Object.entries(value) : [];
  return Object.fromEntries(long.map(([name, item]) => [name, isMapping(item) ? item : {}]));
}

function scalar(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : JSON.stringify(value);
}

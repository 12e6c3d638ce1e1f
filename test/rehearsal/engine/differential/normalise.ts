// Takes out of results what no two runs have in common: ids, addresses, times, positions in source files.
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";

const DROPPED = ["created", "modified", "sourcePosition", "stackTrace"];
const EMPTY_MEANS_ABSENT = ["inputs", "outputs", "propertyDependencies", "dependencies"];

function isEmpty(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length === 0;
}

/** An object with its keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The real engine forgets empty entries of `propertyDependencies` when it refreshes. */
function withoutEmptyLists(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item)));
}

function normalResource(resource: Record<string, unknown>): unknown {
  const lists = resource.propertyDependencies;
  const trimmed = {
    ...resource,
    ...(lists !== undefined && { propertyDependencies: withoutEmptyLists(lists) }),
  };
  const kept = Object.entries(trimmed).filter(
    ([key, value]) => !DROPPED.includes(key) && !(EMPTY_MEANS_ABSENT.includes(key) && isEmpty(value)),
  );
  const { id, provider, ...rest } = Object.fromEntries(kept);
  const identified = {
    ...rest,
    ...(id !== undefined && { id: "ID" }),
    ...(typeof provider === "string" && { provider: provider.replace(/::[^:]*$/, "::ID") }),
  };
  const text = JSON.stringify(identified)
    .replace(/192\.0\.2\.\d+/g, "ADDRESS")
    .replace(/do:droplet:\d+/g, "DROPLET")
    .replace(/\b\d{9}\b/g, "ID")
    .replace(/"ciphertext":"[^"]*"/g, '"ciphertext":"CIPHERTEXT"')
    .replace(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, "TIME");
  return sorted(JSON.parse(text));
}

/** Resources of a state, comparable. */
export function normalResources(resources: readonly unknown[]): unknown[] {
  const all = resources.map((resource) => normalResource(resource as Record<string, unknown>));
  const keyOf = (resource: unknown) => JSON.stringify(resource);
  return all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function described(metadata: StepEventMetadata, failed: boolean): string {
  const where = metadata.urn.split("::").slice(2).join("::");
  const details = Object.entries(metadata.detailedDiff ?? {}).map(
    ([key, { diffKind }]) => `${key}:${diffKind}`,
  );
  // How a deletion after a replacement is explained differs, and matters to nobody.
  const why = metadata.op === "delete-replaced" ? [] : details.sort();
  return [failed ? "FAILED" : "", metadata.op, where, why.join(",")].filter((part) => part !== "").join(" ");
}

/** Finished and failed steps of a run, comparable. The engine's own default providers are left out. */
export function normalOps(events: readonly EngineEvent[]): string[] {
  const lines = events.flatMap(({ resOutputsEvent, resOpFailedEvent }) => [
    ...(resOutputsEvent ? [described(resOutputsEvent.metadata, false)] : []),
    ...(resOpFailedEvent ? [described(resOpFailedEvent.metadata, true)] : []),
  ]);
  return lines.filter((line) => !/^\S+ pulumi:providers:\w+::default/.test(line)).sort();
}

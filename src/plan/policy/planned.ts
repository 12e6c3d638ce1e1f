import type { PlannedResource, Resource, ResourceState } from "./facts.ts";

export const types = {
  droplet: "digitalocean:index/droplet:Droplet",
  firewall: "digitalocean:index/firewall:Firewall",
  reservedIp: "digitalocean:index/reservedIp:ReservedIp",
  loadBalancer: "digitalocean:index/loadBalancer:LoadBalancer",
  uptimeAlert: "digitalocean:index/uptimeAlert:UptimeAlert",
} as const;

/** What is kept of a preview: types that rules look at, and their inputs. User data and scripts are none of them. */
const looked: Readonly<Record<string, readonly string[]>> = {
  [types.droplet]: ["name", "monitoring"],
  [types.firewall]: ["name", "inboundRules"],
  [types.reservedIp]: [],
  [types.loadBalancer]: [],
  [types.uptimeAlert]: [],
};

/** A resource's state as the engine's events have it. */
interface EngineState {
  protect?: boolean | undefined;
  inputs: Readonly<Record<string, unknown>>;
}

/** A step of a preview, as far as it says what will be there. */
export interface EngineStep {
  urn: string;
  type: string;
  op: string;
  old?: EngineState | null | undefined;
  new?: EngineState | null | undefined;
}

const stateOf = ({ protect, inputs }: EngineState, keys: readonly string[]): ResourceState => ({
  protect: protect ?? false,
  inputs: Object.fromEntries(Object.entries(inputs).filter(([key]) => keys.includes(key))),
});

/** What a step of a preview leaves there; nothing for what no rule looks at, and for what goes. */
export function plannedResource({ urn, type, op, old, new: next }: EngineStep): PlannedResource | undefined {
  const keys = looked[type];
  if (!keys || !next || op.startsWith("delete") || op.startsWith("discard")) return undefined;
  return { urn, type, after: stateOf(next, keys), ...(old && { before: stateOf(old, keys) }) };
}

/** What will be there after the preview. */
export const resourcesAfter = (all: readonly PlannedResource[]): Resource[] =>
  all.map(({ urn, type, after }) => ({ urn, type, ...after }));

/** What was there before it. */
export const resourcesBefore = (all: readonly PlannedResource[]): Resource[] =>
  all.flatMap(({ urn, type, before }) => (before ? [{ urn, type, ...before }] : []));

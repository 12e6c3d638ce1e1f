import type { PlannedResource } from "./policy/facts.ts";
import type { Reason } from "./promotion.ts";

/** One planned change of a resource, as the engine's preview names it. */
export interface PlannedChange {
  urn: string;
  /** `digitalocean:index/droplet:Droplet` */
  type: string;
  /** `create`, `update`, `delete`, `replace`, … */
  op: string;
  /** Names of the changed inputs. */
  keys: readonly string[];
}

export interface Preview {
  changes: readonly PlannedChange[];
  /** Number of resources by operation. */
  counts: Readonly<Record<string, number>>;
  /** Resources that rules of the policy look at, changed or not; absent where nobody asks, as in a refresh. */
  resources?: readonly PlannedResource[];
}

/** Types that hold data, an address or a machine: losing one is not put right by a rollback. */
const stateful = [
  "digitalocean:index/droplet:Droplet",
  "digitalocean:index/volume:Volume",
  "digitalocean:index/reservedIp:ReservedIp",
  "digitalocean:index/domain:Domain",
  "digitalocean:index/databaseCluster:DatabaseCluster",
  "digitalocean:index/loadBalancer:LoadBalancer",
  // The application itself, its database among it: `liftlock:runtime` was changed.
  "liftlock:infra:ComposeDeployment",
  "liftlock:infra:SwarmDeployment",
];

const destroys = [
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "discard",
  "discard-replaced",
];

/** Whether a change would lose something that holds data, an address or a machine. */
export const isUnsafe = ({ type, op }: Pick<PlannedChange, "type" | "op">): boolean =>
  stateful.includes(type) && destroys.includes(op);

/** A urn's last part: the resource's name. */
export const resourceName = (urn: string): string => urn.split("::").at(-1) ?? urn;

/**
 * Refuses a preview that would replace or delete anything stateful.
 * @param allowed resource names that a person allowed by name
 */
export function judgePreview(preview: Preview, allowed: readonly string[] = []): Reason | undefined {
  const bad = preview.changes.filter(
    (change) => isUnsafe(change) && !allowed.includes(resourceName(change.urn)),
  );
  const names = [...new Set(bad.map((change) => resourceName(change.urn)))];
  if (names.length === 0) return undefined;
  const why = [...new Set(bad.flatMap((change) => change.keys))].join(", ");
  return {
    code: "UnsafeChange",
    message: `the preview would replace or delete ${names.join(", ")}${why ? ` (changed: ${why})` : ""}`,
    hint: `Look at it with: pulumi preview --diff. To allow it by name: --allow ${names.join(" --allow ")}`,
  };
}

/** What a refresh found of one resource. */
export const describeDrift = ({ op, keys }: PlannedChange): string =>
  op === "delete" ? "is gone" : `differs: ${keys.join(", ") || op}`;

/** `2 to update, 31 unchanged` */
export function describePreview(counts: Readonly<Record<string, number>>): string {
  const { same = 0, ...changes } = counts;
  const words = Object.entries(changes)
    .filter(([, count]) => count > 0)
    .map(([op, count]) => `${count} to ${op}`);
  return [...words, `${same} unchanged`].join(", ");
}

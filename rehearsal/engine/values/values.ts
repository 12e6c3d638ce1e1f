// Property values: plain JSON plus objects carrying Pulumi's signature key, the shape the SDK sends on the wire.

/** Named properties of a resource; values are JSON, or signed objects such as secrets. */
export type Props = Record<string, unknown>;

/** Key that marks an object as a special value, and the marks (sdk/go/common/resource/properties.go). */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";
/** What an output not known before the update looks like. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: unknown): value is Props {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function isSecret(value: unknown): value is Props {
  return isObject(value) && value[SIGNATURE] === SECRET_MARK;
}

/** Marks a value as secret; a secret stays as it is. */
export function secret(value: unknown): unknown {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET_MARK, value };
}

/** Rebuilds a value from its leaves; signed objects count as leaves, absent properties are left out. */
export function mapLeaves(value: unknown, leaf: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, leaf));
  if (!isObject(value) || value[SIGNATURE] !== undefined) return leaf(value);
  const rebuilt: Props = {};
  for (const [key, item] of Object.entries(value))
    if (item !== undefined) rebuilt[key] = mapLeaves(item, leaf);
  return rebuilt;
}

/** {@link mapLeaves} for properties. */
export function mapProps(props: Props, leaf: (value: unknown) => unknown): Props {
  return mapLeaves({ ...props }, leaf) as Props;
}

/** The value without secret marks, as providers and comparisons see it. */
export function plain(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (isSecret(leaf) ? plain(leaf.value) : leaf));
}

/** {@link plain} for properties. */
export function plainProps(props: Props): Props {
  return plain({ ...props }) as Props;
}

function some(value: unknown, test: (value: unknown) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => some(item, test));
  return isObject(value) && Object.values(value).some((item) => some(item, test));
}

/** Whether any part of the value is only known after the update. */
export function hasUnknown(value: unknown): boolean {
  return some(value, (part) => part === UNKNOWN);
}

/** Whether any part of the value is secret. */
export function hasSecret(value: unknown): boolean {
  return some(value, isSecret);
}

/** Deep equality; an absent property and `undefined` are the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  return a === b;
}

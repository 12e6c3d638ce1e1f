// Reading properties whose types nobody guarantees: answers of an API, inputs of a program.
import { isObject, type Props } from "../values/values.ts";

export const text = (props: Props, key: string): string => {
  const value = props[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
};

export const optionalText = (props: Props, key: string): string | undefined =>
  props[key] === undefined || props[key] === null ? undefined : text(props, key);

export const number = (props: Props, key: string): number => Number(props[key] ?? 0);

export const flag = (props: Props, key: string): boolean => props[key] === true || props[key] === "true";

export const object = (props: Props, key: string): Props => {
  const value = props[key];
  return isObject(value) ? value : {};
};

export const list = (props: Props, key: string): readonly unknown[] => {
  const value = props[key];
  return Array.isArray(value) ? value : [];
};

export const texts = (props: Props, key: string): string[] => list(props, key).map(String);

export const objects = (props: Props, key: string): Props[] => list(props, key).filter(isObject);

/** Properties that have a value. */
export function present(props: Props): Props {
  return Object.fromEntries(
    Object.entries(props).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** A structure an explicit provider was given: the SDK sends those of its configuration as JSON text. */
export function structured(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Whether a property is there and not null. */
export const isSet = (props: Props, key: string): boolean => props[key] !== undefined && props[key] !== null;

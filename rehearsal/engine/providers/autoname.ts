import { randomBytes } from "node:crypto";
import type { Props } from "../values/values.ts";

/**
 * Gives a resource a name when the program gives none: its own in the program and seven random digits, as Pulumi's bridge
 * to Terraform providers does. A resource that lives keeps the name it has.
 */
export function autonamed(inputs: Props, olds: Props | undefined, name: string, key = "name"): Props {
  if (inputs[key] !== undefined) return inputs;
  return { ...inputs, [key]: olds?.[key] ?? `${name}-${randomBytes(4).toString("hex").slice(0, 7)}` };
}

import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../src/release/failure.ts";
import { parseConfig, type StackConfig, structured } from "./config.ts";
import type { EnvironmentOutputs } from "./environment.ts";
import { production } from "./production.ts";
import { staging } from "./staging.ts";

/** Environments in the order in which a release passes them. */
export const environments = ["development", "staging", "uat", "production"] as const;
export type Environment = (typeof environments)[number];

const declarations: Record<Environment, (stack: string, config: StackConfig) => EnvironmentOutputs> = {
  development: staging,
  staging,
  uat: staging,
  production,
};

/** Narrows a name to an environment. @throws Failure `StackUnknown` */
export function parseEnvironment(name: string): Environment {
  const known = environments.find((environment) => environment === name);
  if (known) return known;
  throw new Failure({
    code: "StackUnknown",
    message: `expected one of the environments ${environments.join(", ")}, got "${name}"`,
    fault: "user",
  });
}

/** Declares the selected stack's environment, from its configuration. Runs under an engine only. */
export function program(): EnvironmentOutputs {
  const stack = pulumi.getStack();
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig()).map(([key, value]) => [key, structured(value)]),
  );
  return declarations[parseEnvironment(stack)](stack, parseConfig(raw, `Pulumi.${stack}.yaml`, "program"));
}

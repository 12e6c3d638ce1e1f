import * as pulumi from "@pulumi/pulumi";
import { parseConfig, type StackConfig, structured } from "./config.ts";
import type { EnvironmentOutputs } from "./environment.ts";
import { type Environment, parseEnvironment } from "./environments.ts";
import { production } from "./production.ts";
import { staging } from "./staging.ts";

const declarations: Record<Environment, (stack: string, config: StackConfig) => EnvironmentOutputs> = {
  development: staging,
  staging,
  uat: staging,
  production,
};

/** Declares the selected stack's environment, from its configuration. Runs under an engine only. */
export function program(): EnvironmentOutputs {
  const stack = pulumi.getStack();
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig()).map(([key, value]) => [key, structured(value)]),
  );
  return declarations[parseEnvironment(stack)](stack, parseConfig(raw, `Pulumi.${stack}.yaml`, "program"));
}

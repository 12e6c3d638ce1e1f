import type { StackConfig } from "./config.ts";
import { declareEnvironment, type EnvironmentOutputs } from "./environment.ts";

/** Production is protected against deletion and watched from outside. */
export const production = (stack: string, config: StackConfig): EnvironmentOutputs =>
  declareEnvironment(stack, config, { protect: true, watch: true });

import type { StackConfig } from "./config.ts";
import { declareEnvironment, type EnvironmentOutputs } from "./environment.ts";

/** Staging may be torn down and made anew at any time. */
export const staging = (stack: string, config: StackConfig): EnvironmentOutputs =>
  declareEnvironment(stack, config, { protect: false, watch: false });

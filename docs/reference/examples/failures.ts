import type { FailureCode } from "../../../src/release/failure.ts";
import { backupExamples } from "./backups.ts";
import { edgeExamples } from "./edges.ts";
import { gateExamples } from "./gates.ts";
import { githubExamples } from "./github.ts";
import { hostExamples } from "./hosts.ts";
import { inputExamples } from "./input.ts";
import type { Example } from "./told.ts";

/** An example of every code. A new code does not compile without one. */
export const failureExamples = {
  ...inputExamples,
  ...gateExamples,
  ...hostExamples,
  ...edgeExamples,
  ...githubExamples,
  ...backupExamples,
} satisfies Record<FailureCode, Example>;

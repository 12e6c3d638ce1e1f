import { Failure } from "../src/release/failure.ts";

/** Environments in the order in which a release passes them. */
export const environments = ["development", "staging", "uat", "production"] as const;
export type Environment = (typeof environments)[number];

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

import { createHash } from "node:crypto";
import { confinementOf } from "../../infra/confinement.ts";
import { publishedPorts } from "../../infra/publishedPorts.ts";
import type { PolicyFacts, ServiceFacts } from "../plan/policy/facts.ts";
import { judgePolicy, type PolicyVerdict } from "../plan/policy/judge.ts";
import { resourcesAfter, resourcesBefore } from "../plan/policy/planned.ts";
import type { Preview } from "../plan/preview.ts";
import type { DriverContext } from "./context.ts";
import { isPublic } from "./declaredPorts.ts";
import type { Input, Target } from "./ports.ts";

function servicesOf({ config, compose }: Pick<Input, "config" | "compose">): ServiceFacts[] {
  const { variables } = config.environment;
  const published = publishedPorts(compose, variables).filter(isPublic);
  return confinementOf(compose, variables).map(({ service, ...confinement }) => ({
    ...confinement,
    name: service,
    stateful: compose.stateful.includes(service),
    publicPorts: published.filter((port) => port.service === service).map(({ port }) => port),
  }));
}

/** What the files say of an environment. */
const factsOfFiles = (input: Pick<Input, "name" | "config" | "compose">): PolicyFacts => {
  const { ssh, fleet, alerts, environment } = input.config;
  return {
    environment: input.name,
    declared: {
      sshPort: ssh.port,
      operators: fleet.operators,
      ports: fleet.ports,
      stableAddress: fleet.reservedAddress || fleet.loadBalancer,
      watched: alerts !== undefined,
    },
    services: servicesOf(input),
    variables: environment.variables,
  };
};

/** Every rule, held against what is written. Asks nobody. */
export const policyOfFiles = (
  input: Pick<Input, "name" | "config" | "compose">,
  now: Date,
): PolicyVerdict[] => judgePolicy(input.config.policy, factsOfFiles(input), undefined, now);

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * Every rule, held against what an update would leave, and what of it the update brings. Variables have no other state than the file's: a
 * release does not bring them, a change of the file is validated.
 */
export function policyOf(
  { workspace, now }: Pick<DriverContext, "workspace" | "now">,
  { name, outputs }: Pick<Target, "name" | "outputs">,
  preview: Preview | undefined,
): PolicyVerdict[] {
  const input = workspace.input(name);
  const files = factsOfFiles(input);
  const planned = preview?.resources;
  const after = { ...files, ...(planned && { resources: resourcesAfter(planned) }) };
  const deployed = outputs.access.files?.compose === sha256(input.compose.text);
  const before = {
    ...files,
    ...(planned && { resources: resourcesBefore(planned) }),
    ...(!deployed && { services: [] }),
  };
  return judgePolicy(input.config.policy, after, before, now());
}

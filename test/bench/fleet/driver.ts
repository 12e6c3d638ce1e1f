import type { DriverContext } from "../../../src/automation/context.ts";
import { makeContext } from "../../../src/automation/makeContext.ts";
import type { PromotionResult } from "../../../src/automation/messages.ts";
import { deploy, promote } from "../../../src/automation/promote.ts";
import type { Release } from "../../../src/release/release.ts";
import { BenchFailure } from "../failure.ts";
import type { WorldDescription } from "../world/protocol.ts";

/** Fresh for every call, as every start of `liftlock` makes one: the engine is looked for anew, too. */
function context(world: WorldDescription): DriverContext {
  const { workDirectory, environment } = world;
  const notify = () => undefined;
  return makeContext({
    workDirectory,
    world,
    environment,
    notify,
  });
}

function completed(result: PromotionResult): PromotionResult {
  if (result.status === "Completed") return result;
  throw new BenchFailure(`the ${result.kind} ended as ${result.status}: ${JSON.stringify(result.reason)}`);
}

/** Brings a release into an environment with the product. @throws BenchFailure, or the driver's refusal */
export const bring = async (world: WorldDescription, environment: string, release: Release) =>
  completed(await deploy(context(world), { environment, release, allow: [] }));

/** Lifts what staging runs into production with the product. @throws BenchFailure, or the driver's refusal */
export const lift = async (world: WorldDescription) =>
  completed(await promote(context(world), { from: "staging", to: "production", allow: [] }));

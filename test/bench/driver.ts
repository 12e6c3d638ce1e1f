import type { DriverContext } from "../../src/automation/context.ts";
import { recordTests } from "../../src/automation/decisions.ts";
import { makeContext } from "../../src/automation/makeContext.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { deploy, promote } from "../../src/automation/promote.ts";
import type { Status } from "../../src/plan/promotion.ts";
import type { Release } from "../../src/release/release.ts";
import { BenchFailure } from "./failure.ts";
import type { Heard } from "./heard.ts";
import type { WorldDescription } from "./world/protocol.ts";

/** Fresh for every call, as every start of `liftlock` makes one: the engine is looked for anew, too. */
function context(world: WorldDescription, heard: Heard[]): DriverContext {
  const { workDirectory, environment } = world;
  return makeContext({
    workDirectory,
    world,
    environment,
    notify: (message) => void heard.push({ at: Date.now(), message }),
  });
}

function ended(result: PromotionResult, status: Status): PromotionResult {
  if (result.status === status) return result;
  throw new BenchFailure(
    `expected the ${result.kind} to end as ${status}, it ended as ${result.status}: ${JSON.stringify(result.reason)}`,
  );
}

/** Brings a release into an environment with the product. @throws BenchFailure, or the driver's refusal */
export const bring = async (world: WorldDescription, environment: string, release: Release) =>
  ended(await deploy(context(world, []), { environment, release, allow: [] }), "Completed");

/** Records that the tests of what an environment runs have passed. */
export const passTests = (world: WorldDescription, environment: string) =>
  recordTests(context(world, []), environment, "passed", undefined);

/**
 * Lifts what staging runs into production with the product.
 * @param status how it has to end
 * @returns how it ended, and what the driver said on its way
 * @throws BenchFailure, or the driver's refusal
 */
export async function lift(world: WorldDescription, status: "Completed" | "RolledBack") {
  const heard: Heard[] = [];
  const result = await promote(context(world, heard), { from: "staging", to: "production", allow: [] });
  return { result: ended(result, status), heard };
}

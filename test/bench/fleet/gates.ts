import { setTimeout as sleep } from "node:timers/promises";
import { StackFile } from "../../../src/automation/stackFile.ts";
import type { WorldDescription } from "../world/protocol.ts";

/** Seconds for which a release must have run in staging: short, but it has to be looked up. */
const soak = 1;

/**
 * Turns every gate of production on that a promotion without people can pass, beyond those that always are. The world's own limits stay:
 * they are higher than anybody's in earnest, and looked at all the same.
 */
export function demandGates({ workDirectory }: WorldDescription): void {
  const file = new StackFile(workDirectory, "production");
  const { limits } = file.read().gates;
  const from = "2000-01-01T00:00:00Z";
  const freezes = [{ from, to: "2000-01-02T00:00:00Z", reason: "over long ago, and looked at" }];
  file.set({ gates: { limits, tests: { required: true }, soak, freezes } });
}

/** Waits until a release that came to staging just now has run there for long enough. */
export const soaked = () => sleep(soak * 1000 + 100);

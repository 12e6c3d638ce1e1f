import { announcerOf } from "./announce.ts";
import type { Reporter } from "./carryOut.ts";
import { reportIncident } from "./incident.ts";
import { instructions } from "./instructions.ts";
import type { Run } from "./run.ts";

/** Tells the people whom the environment's configuration names, and writes incident reports into the project. */
export const reporterOf = (run: Run): Reporter => ({
  ...announcerOf(run),
  writeUp: async (result, runs) => {
    const steps = instructions(result, run.target);
    const incident = await reportIncident(run, result, runs);
    return {
      ...(steps.length > 0 && { instructions: steps }),
      ...(incident !== undefined && { incident }),
    };
  },
});

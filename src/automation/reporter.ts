import { announcerOf } from "./announce.ts";
import type { Reporter } from "./carryOut.ts";
import { deploymentRecordOf } from "./githubDeployments.ts";
import { reportIncident } from "./incident.ts";
import { instructions } from "./instructions.ts";
import type { Run } from "./run.ts";

/**
 * Tells the people whom the environment's configuration names, and GitHub, whose pages show what runs where; writes incident reports into
 * the project.
 */
export const reporterOf = (run: Run): Reporter => {
  const listeners = [announcerOf(run), deploymentRecordOf(run)];
  return {
    started: () => listeners.forEach((listener) => listener.started()),
    ended: (result) => listeners.forEach((listener) => listener.ended(result)),
    finish: async () => void (await Promise.all(listeners.map((listener) => listener.finish()))),
    writeUp: async (result, runs) => {
      const steps = instructions(result, run.target);
      const incident = await reportIncident(run, result, runs);
      return {
        ...(steps.length > 0 && { instructions: steps }),
        ...(incident !== undefined && { incident }),
      };
    },
  };
};

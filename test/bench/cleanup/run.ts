/** One clean-up by the product, in a process of its own, whose processor time and memory are what is measured. */
import { cleanup } from "../../../src/automation/cleanup.ts";
import { makeContext } from "../../../src/automation/makeContext.ts";
import { readNeeds } from "../../../src/automation/neededImages.ts";
import type { CleanupRun, Site, Told } from "./protocol.ts";

const send = (told: Told<CleanupRun>) => void process.send?.(told);

/** Kibibytes, as the kernel counts them. */
const peak = () => process.resourceUsage().maxRSS * 1024;

async function measure({ workDirectory, engineRoot, environment }: Site, hours: number): Promise<CleanupRun> {
  Object.assign(process.env, environment);
  const made = makeContext({ workDirectory, world: { engineRoot }, environment, notify: () => undefined });
  // One clean-up an hour: the second one is an hour later.
  const context = { ...made, now: () => new Date(Date.now() + hours * 3_600_000) };
  // What every command of the driver takes that looks at environments.
  await readNeeds(context);
  const before = peak();
  const [begun, processor] = [performance.now(), process.cpuUsage()];
  const { use, versions, requests, steps, stopped } = await cleanup(context, { apply: true });
  const { user, system } = process.cpuUsage(processor);
  const all = steps.flatMap((step) => step.versions);
  const refused = all.filter((one) => one.refused !== undefined).length;
  return {
    report: {
      use,
      versions,
      requests,
      deleted: all.length - refused,
      refused,
      ...(stopped !== undefined && { stopped }),
    },
    seconds: (performance.now() - begun) / 1000,
    own: (user + system) / 1_000_000,
    memory: { before, peak: peak() },
  };
}

try {
  send({ result: await measure(JSON.parse(process.argv[2] ?? "") as Site, Number(process.argv[3] ?? 0)) });
} catch (error) {
  send({ problem: String(error instanceof Error ? error.stack : error) });
}
process.disconnect();
process.exit();

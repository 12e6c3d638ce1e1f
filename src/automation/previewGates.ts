import type { GateVerdict } from "../plan/gates/gate.ts";
import { judgeGates } from "../plan/gates/judge.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { asFailure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { gateFacts, readRecords } from "./gateFacts.ts";
import type { Target } from "./ports.ts";

/**
 * How the gates would judge a deployment of this release now. They may judge otherwise by the time it is merged, and keep nobody from
 * merging. None where they cannot be judged, which is a warning.
 * @param running what the environment runs
 */
export async function previewGates(
  context: DriverContext,
  target: Target,
  release: Release,
  running: Release | undefined,
): Promise<GateVerdict[]> {
  const { name, config, outputs, hosts } = target;
  try {
    const ledger = await context.ledger();
    const [all, readings] = await Promise.all([
      readRecords(ledger, context.workspace.environments()),
      hosts.observe(),
    ]);
    const own = all.find(({ environment }) => environment === name);
    const drift = running
      ? judgeHosts(readings, running, outputs.jobs).filter(({ code }) => code === "DigestMismatch")
      : [];
    const facts = gateFacts({
      now: context.now(),
      kind: "deploy",
      release,
      target: own ?? { environment: name, entries: [], holder: undefined },
      all,
      pinned: running,
      readings,
      jobs: outputs.jobs,
      drift: drift.map(({ message }) => message),
    });
    return [...judgeGates(config.gates, facts, [])];
  } catch (thrown) {
    const message = `the gates could not be judged: ${asFailure(thrown).message}`;
    context.notify({ code: "warning", payload: { message: context.secrets.mask(message) } });
    return [];
  }
}

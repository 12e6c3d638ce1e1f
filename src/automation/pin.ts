import { judgeHosts } from "../plan/verdict.ts";
import { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import type { ReleaseName } from "./messages.ts";
import { nameOf, takeLease } from "./run.ts";

/** What a checkout's pin was and is. */
export interface PinResult {
  environment: string;
  before?: ReleaseName;
  after: ReleaseName;
  attempt: number;
}

/**
 * Brings a checkout's pin up to what the stack deployed and the hosts run, for a file that fell behind.
 * @throws Failure `PromotionInterrupted` when the hosts do not all run what the stack says
 */
export async function pinFromStack(context: DriverContext, environment: string): Promise<PinResult> {
  const { name } = context.workspace.input(environment);
  await using held = await takeLease(context, name, "resume");
  using target = await context.workspace.open(name);
  const { deployed, jobs } = target.outputs;
  if (!deployed)
    throw new Failure({
      code: "NothingToPromote",
      message: `the stack ${target.name} has deployed no release`,
      hint: `liftlock deploy ${target.name} --release release.json`,
    });
  const findings = judgeHosts(await target.hosts.observe(), deployed.release, jobs, deployed.attempt);
  if (findings.length > 0)
    throw new Failure({
      code: "PromotionInterrupted",
      message: `stack and hosts disagree: ${findings.map((f) => f.message).join("; ")}`,
      hint: `liftlock resume ${target.name}`,
    });
  const before = target.file.pin().release;
  await held.journal.remark({ entry: "note", text: `pin set from the stack: ${deployed.release.version}` });
  target.file.write({
    release: deployed.release,
    candidate: undefined,
    rollout: { attempt: deployed.attempt, mode: deployed.mode },
  });
  return {
    environment: target.name,
    ...(before && { before: nameOf(before) }),
    after: nameOf(deployed.release),
    attempt: deployed.attempt,
  };
}

import { mountedVolumes } from "../../infra/composeFile.ts";
import { classify, gravest } from "../plan/deployFailure.ts";
import { limits } from "../plan/limits.ts";
import { judgePreview } from "../plan/preview.ts";
import { Failure } from "../release/failure.ts";
import { nearest } from "../release/problems.ts";
import type { Effect } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import type { PromotionResult } from "./messages.ts";
import type { Input, Target } from "./ports.ts";
import { reporterOf } from "./reporter.ts";
import { factsOf, restore, verifyAtRest } from "./restore.ts";
import { takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface HealOptions {
  environment: string;
  /** Name of the host, as `status` shows it. */
  host: string;
  reason?: string | undefined;
  /** Replace it although it answers; needs a reason. */
  force?: boolean | undefined;
  /** Stateful services and volumes whose data on this host may be lost. */
  allow: readonly string[];
}

const droplet = "digitalocean:index/droplet:Droplet";

/** @throws Failure `UsageInvalid` when the environment has no host of this name */
function verifyHost({ outputs, name }: Target, host: string): void {
  const names = outputs.hosts.map((known) => known.name);
  if (names.includes(host)) return;
  const near = nearest(host, names);
  throw new Failure({
    code: "UsageInvalid",
    message: `expected a host of ${name}, one of ${names.join(", ")}, got "${host}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    fault: "user",
  });
}

/** What lies on a host and nowhere else: stateful services live on the first, named volumes on each. */
export const dataOn = (
  { compose }: Pick<Input, "compose">,
  hosts: readonly { name: string }[],
  host: string,
): string[] => {
  const stateful = hosts[0]?.name === host ? compose.stateful : [];
  return [...stateful, ...mountedVolumes(compose, [...compose.services, ...stateful])];
};

/** @throws Failure `UnsafeChange` */
function verifyAllowed(data: readonly string[], { allow, host }: HealOptions): void {
  const kept = data.filter((name) => !allow.includes(name));
  if (kept.length === 0) return;
  throw new Failure({
    code: "UnsafeChange",
    message: `${host} holds ${kept.join(", ")}, whose data would be gone with it`,
    hint: `Restore a backup onto the new host afterwards. To allow it by name: --allow ${kept.join(" --allow ")}`,
  });
}

/** Dead is what neither answers SSH nor a public endpoint. @throws Failure `UnsafeChange` */
async function verifyDead(target: Target, { host, force }: HealOptions): Promise<void> {
  if (force) return;
  const address = target.outputs.hosts.find(({ name }) => name === host)?.address ?? "";
  const [ssh, { answers }] = await Promise.all([target.hosts.answers(host), target.watchEndpoints(0)]);
  const serving = answers.find(
    ({ url, problem }) => problem === undefined && new URL(url).hostname === address,
  );
  if (!ssh && !serving) return;
  throw new Failure({
    code: "UnsafeChange",
    message: `${host} is alive: ${ssh ? "its SSH server answers" : `${serving?.url ?? ""} answers`}`,
    hint: `Look at it with: liftlock status ${target.name}. To replace it all the same: --force --reason "…"`,
  });
}

/** Makes the host's droplet anew, and nothing else: what the engine would do besides is looked at first. */
const replaceHost =
  ({ host }: HealOptions): Effect =>
  async ({ target, watch, release, attempt }) => {
    const urn = await watch.outside(target.urnOf(droplet, host));
    if (urn !== undefined) {
      await watch.outside(target.unprotect(urn));
      const refusal = judgePreview(await watch.outside(target.previewReplacing([urn])), [host]);
      if (refusal) throw new Failure(refusal);
    }
    const message = `${host} made anew with ${release.version}, attempt ${attempt}`;
    const failures = await watch.outside(
      target.update(message, limits.deploy, urn === undefined ? [] : [urn]),
    );
    const reason = gravest(failures.map(classify));
    if (reason) throw new Failure(reason);
    return `${host} made anew; the other hosts untouched`;
  };

/**
 * Replaces a dead host by a new one with the pinned release, in one update. Whoever balances sends requests there once its edge answers:
 * that is what a load balancer asks for.
 * @throws Failure `UsageInvalid`, `UnsafeChange`, and what `verifyAtRest` throws, before anything is touched
 */
export async function heal(
  context: DriverContext,
  options: HealOptions,
  report = reporterOf,
): Promise<PromotionResult> {
  const watch = new Stopwatch();
  const input = context.workspace.input(options.environment);
  await using held = await takeLease(context, input.name, "rollback");
  using target = await context.workspace.open(input.name);
  verifyHost(target, options.host);
  verifyAllowed(dataOn(input, target.outputs.hosts, options.host), options);
  await watch.outside(verifyDead(target, options));
  const facts = await factsOf(target, held, watch);
  verifyAtRest(target, facts);
  const why = `heal ${options.host}: ${options.reason ?? `asked for by ${context.actor}`}`;
  const update = replaceHost(options);
  return await restore(context, held, target, facts, watch, { why, attempt: "same", update, report });
}

import { parseEnvironment } from "../../stacks/environments.ts";
import type { EntryOf } from "../ledger/entry.ts";
import { standing } from "../ledger/standing.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { decisionsOn, loginOf, openRequests } from "./approval.ts";
import type { DriverContext } from "./context.ts";

/** A promotion that waits for people. */
export interface PendingPromotion {
  promotion: string;
  environment: string;
  release: { id: string; version: string };
  /** Who started it. */
  initiator: string;
  /** ISO 8601. */
  since: string;
  approvals: string[];
  needed: number;
  /** ISO 8601; nobody is waited for any longer. */
  until: string;
  /** Hash of what people agree to. */
  bound: string;
}

/** Every promotion that waits for approval, oldest first. */
export async function pendingPromotions(context: DriverContext): Promise<PendingPromotion[]> {
  const ledger = await context.ledger();
  const found = await Promise.all(
    context.workspace.environments().map(async (environment): Promise<PendingPromotion[]> => {
      const entries = await ledger.read(environment);
      const { approval } = context.workspace.input(environment).config;
      return openRequests(entries).flatMap((entry) => {
        const until = new Date(Date.parse(entry.time) + approval.timeoutSeconds * 1000);
        const decisions = decisionsOn(entries, [entry]);
        if (until <= context.now() || decisions.some(({ decision }) => decision === "deny")) return [];
        return [
          {
            promotion: entry.promotion,
            environment,
            release: { id: entry.releaseId, version: entry.version },
            initiator: entry.actor,
            since: entry.time,
            approvals: [...new Set(decisions.map(({ who }) => who))],
            needed: approval.required,
            until: until.toISOString(),
            bound: entry.bound,
          },
        ];
      });
    }),
  );
  return found.flat().sort((a, b) => (a.since < b.since ? -1 : 1));
}

const moment = ({ now, actor }: DriverContext) => ({ time: now().toISOString(), actor });

/**
 * Approves or denies a promotion that waits.
 * @throws Failure `UsageInvalid` for one that does not wait, `ApprovalDenied` for a person who may not
 */
export async function decide(
  context: DriverContext,
  promotion: string,
  decision: "approved" | "denied",
  why: string | undefined,
): Promise<PendingPromotion> {
  const all = await pendingPromotions(context);
  const pending = all.find((p) => p.promotion === promotion);
  if (!pending)
    throw new Failure({
      code: "UsageInvalid",
      message: `expected a promotion that waits for approval, got "${promotion}"; ${all.length === 0 ? "none waits" : `there is ${all.map((p) => p.promotion).join(", ")}`}`,
      hint: "liftlock pending",
      fault: "user",
    });
  const { approval } = context.workspace.input(pending.environment).config;
  const login = loginOf(context.actor);
  if (!approval.by.some((who) => who.toLowerCase() === login.toLowerCase()))
    throw new Failure({
      code: "ApprovalDenied",
      message: `${login} may not approve promotions into ${pending.environment}; liftlock:approval.by has ${approval.by.join(", ") || "nobody"}`,
      hint: "Ask one of them.",
    });
  if (decision === "approved" && approval.notInitiator && loginOf(pending.initiator) === login)
    throw new Failure({
      code: "ApprovalDenied",
      message: `${login} started this promotion, and may not approve it (liftlock:approval.notInitiator)`,
      hint: `Ask one of ${approval.by.filter((who) => who !== login).join(", ")}.`,
    });
  const ledger = await context.ledger();
  await ledger.append(pending.environment, {
    entry: "approval",
    ...moment(context),
    promotion,
    decision,
    bound: pending.bound,
    ...(why !== undefined && { why }),
  });
  return pending;
}

/** Stops every deployment but rollbacks, or lifts that. @returns the environments it is in force in, or was */
export async function stopDeployments(
  context: DriverContext,
  environment: string | undefined,
  given: { why: string } | { lift: true; why?: string | undefined },
): Promise<string[]> {
  const all = environment === undefined ? context.workspace.environments() : [parseEnvironment(environment)];
  const ledger = await context.ledger();
  for (const name of all) {
    if (!("lift" in given)) await ledger.append(name, { entry: "stop", ...moment(context), why: given.why });
    else if (standing(await ledger.read(name)).stop)
      await ledger.append(name, {
        entry: "lifted",
        ...moment(context),
        ...(given.why !== undefined && { why: given.why }),
      });
  }
  return [...all];
}

/** Lets a release come into an environment again. @throws Failure `UsageInvalid` when it is not vetoed there */
export async function liftVeto(
  context: DriverContext,
  environment: string,
  release: string,
  why: string,
): Promise<EntryOf<"veto">> {
  const name = parseEnvironment(environment);
  const ledger = await context.ledger();
  const { vetoes } = standing(await ledger.read(name));
  const veto = vetoes.find((v) => v.version === release || v.releaseId.startsWith(release));
  if (!veto)
    throw new Failure({
      code: "UsageInvalid",
      message: `expected a release that is vetoed in ${name}, got "${release}"; there is ${vetoes.map((v) => `${v.version} (${v.releaseId})`).join(", ") || "none"}`,
      hint: `liftlock history ${name}`,
      fault: "user",
    });
  const { releaseId: id, version } = veto;
  await ledger.append(name, { entry: "unveto", ...moment(context), releaseId: id, version, why });
  return veto;
}

/** Records what the tests of the release that an environment runs came to. */
export async function recordTests(
  context: DriverContext,
  environment: string,
  result: "passed" | "failed",
  url: string | undefined,
): Promise<Release> {
  const { name, file } = context.workspace.input(environment);
  const { release } = file.pin();
  if (!release)
    throw new Failure({
      code: "NothingToPromote",
      message: `${name} has no verified release whose tests could be recorded`,
      hint: `liftlock deploy ${name} --release release.json`,
    });
  const ledger = await context.ledger();
  await ledger.append(name, {
    entry: "tests",
    ...moment(context),
    releaseId: releaseId(release),
    version: release.version,
    result,
    ...(url !== undefined && { url }),
  });
  return release;
}

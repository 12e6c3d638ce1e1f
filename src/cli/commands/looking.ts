import type { Command } from "commander";
import { type AuditReport, audit, auditCleanups } from "../../automation/audit.ts";
import { cleanupPlace } from "../../automation/cleanupJournal.ts";
import type { DriverContext } from "../../automation/context.ts";
import { type PendingPromotion, pendingPromotions } from "../../automation/decisions.ts";
import { acceptDrift, correctDrift, drift } from "../../automation/drift.ts";
import { history } from "../../automation/history.ts";
import type { DriftReport, SettledDrift } from "../../automation/messages.ts";
import { planLift } from "../../automation/plan.ts";
import type { Lift } from "../../automation/prepare.ts";
import { liftOfDeployment, liftOfPromotion } from "../../automation/promote.ts";
import { madeEnvironments } from "../../automation/readiness.ts";
import { environmentStatus } from "../../automation/status.ts";
import { asFailure } from "../../release/failure.ts";
import { exitOfResult, exits } from "../exit.ts";
import { demandReason, globalOptions, overridesOfLift, usage } from "../options.ts";
import { type PublishOptions, publishDrift } from "../publishDrift.ts";
import { readReleaseFile } from "../releaseFile.ts";
import { auditText, isSound } from "../render/audit.ts";
import { pendingText } from "../render/decisions.ts";
import { driftText, historyText } from "../render/history.ts";
import { planText } from "../render/plan.ts";
import { overviewText } from "../render/status.ts";
import { inSession, type Session } from "../session.ts";
import { addRepair } from "./auditing.ts";
import { type LiftOptions, withLiftOptions } from "./promoting.ts";

type PlanOptions = LiftOptions & { from?: string; to?: string; release?: string };

/** What a plan is made for: a promotion, or with an environment and a file a deployment. @throws Failure */
function planned(context: DriverContext, environment: string | undefined, options: PlanOptions): Lift {
  const { from, to, release, allow } = options;
  const overrides = overridesOfLift(context, options);
  if (environment === undefined && release === undefined)
    return liftOfPromotion(context, { from, to: to ?? "production", allow, overrides });
  if (environment === undefined || release === undefined || from !== undefined || to !== undefined)
    throw usage(
      "expected either --from and --to, or an environment with --release",
      "liftlock plan   or: liftlock plan <environment> --release <file>",
    );
  return liftOfDeployment(context, { environment, release: readReleaseFile(release), allow, overrides });
}

const addPlan = (program: Command) =>
  withLiftOptions(
    program
      .command("plan [environment]")
      .description(
        "what a promotion would do, and whether it would go on; touches nothing, exit 3 when refused",
      )
      .option("--from <environment>", "where the release runs; default: the configured environment before")
      .option("--to <environment>", "where it would go (default: production)")
      .option("--release <file>", "plan a deployment of this release; - for standard input"),
  ).action((environment: string | undefined, options: PlanOptions, command: Command) =>
    inSession(globalOptions(command), async ({ context, show }) => {
      const plan = await planLift(context, planned(context, environment, options));
      show("plan", plan, planText(plan, context.now()));
      return plan.refusals.length > 0 ? exits.refused : exits.done;
    }),
  );

const addPending = (program: Command) =>
  program
    .command("pending")
    .description("promotions that wait for approval")
    .action((_: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const pending = await pendingPromotions(context);
        show("pending", { pending }, pendingText(pending, context.now()));
        return exits.done;
      }),
    );

/** The environments that a command looks at. @throws Failure `StackUnknown` when none has been made */
const environmentsOf = (context: DriverContext, named: string | undefined): readonly string[] =>
  named === undefined ? madeEnvironments(context) : [named];

/** Looks at several environments. One that cannot be looked at must not hide the others, unless it is the only one. */
async function lookAtEach<T>(
  { notify }: DriverContext,
  names: readonly string[],
  look: (name: string) => Promise<T>,
): Promise<{ found: T[]; failed: boolean }> {
  const looked = await Promise.allSettled(names.map(look));
  const found = looked.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failures = looked.flatMap((result) =>
    result.status === "rejected" ? [asFailure(result.reason)] : [],
  );
  if (found.length === 0 && failures[0]) throw failures[0];
  for (const { message } of failures) notify({ code: "warning", payload: { message } });
  return { found, failed: failures.length > 0 };
}

/** What waits for approval there. Not to know it must not hide what runs. */
async function pendingIn(context: DriverContext, names: readonly string[]): Promise<PendingPromotion[]> {
  try {
    const all = await pendingPromotions(context);
    return all.filter(({ environment }) => names.includes(environment));
  } catch (thrown) {
    const message = `what waits for approval is not known: ${asFailure(thrown).message}`;
    context.notify({ code: "warning", payload: { message } });
    return [];
  }
}

async function showStatus({ context, show }: Session, environment: string | undefined): Promise<number> {
  const names = environmentsOf(context, environment);
  const [{ found, failed }, pending] = await Promise.all([
    lookAtEach(context, names, (name) => environmentStatus(context, name)),
    pendingIn(context, names),
  ]);
  show("status", { environments: found, pending }, overviewText(found, pending, context.now()));
  return failed || found.some((s) => s.problems.length > 0 || s.interrupted) ? exits.failed : exits.done;
}

const addStatus = (program: Command) =>
  program
    .command("status [environment]")
    .description("what each environment is meant to run, and what its hosts really run")
    .action((environment: string | undefined, _: object, command: Command) =>
      inSession(globalOptions(command), (session) => showStatus(session, environment)),
    );

const addHistory = (program: Command) =>
  program
    .command("history [environment]")
    .description("an environment's updates, newest first")
    .option("-n, --count <number>", "how many", "20")
    .action((environment: string | undefined, options: { count: string }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const count = Number(options.count);
        if (!Number.isInteger(count) || count < 1)
          throw usage(`expected a number of updates, got "${options.count}"`);
        const lines = await history(context, environment ?? "production", count);
        show("history", { environment: environment ?? "production", updates: lines }, historyText(lines));
        return exits.done;
      }),
    );

interface DriftOptions extends PublishOptions {
  correct?: true;
  accept?: true;
  reason?: string;
}

/** Looks for drift, or settles it and looks again. What is left decides how it ends, unless putting it right failed. */
async function showDrift(
  { context, show }: Session,
  environment: string,
  { correct, accept, reason, ...publish }: DriftOptions,
): Promise<number> {
  if (correct && accept) throw usage("expected either --correct or --accept");
  if (!correct && !accept && reason !== undefined)
    throw usage("expected --correct or --accept beside --reason");
  const report: DriftReport & Partial<SettledDrift> = correct
    ? await correctDrift(context, { environment, reason })
    : accept
      ? await acceptDrift(context, { environment, reason: demandReason(reason, "to accept drift") })
      : await drift(context, environment);
  show("drift", report, driftText(report));
  const issue = await publishDrift(context, report, publish);
  if (issue && issue.action !== "none")
    show("drift.issue", issue, `Issue ${issue.action}${issue.url === undefined ? "" : `: ${issue.url}`}`);
  const ended = report.result ? exitOfResult(report.result) : exits.done;
  if (ended !== exits.done) return ended;
  return report.differences.length > 0 ? exits.drift : exits.done;
}

const addDrift = (program: Command) =>
  program
    .command("drift [environment]")
    .description("compare state, cloud, GitHub, hosts and images; exit 5 when anything differs")
    .option("--correct", "put right what differs: one update to what is pinned, then look again")
    .option("--accept", "write what the cloud is into the stack, then look again; needs --reason")
    .option("--reason <text>", "why; written to the ledger")
    .option("--sarif <file>", "write the report for GitHub's code scanning")
    .option("--issue", "keep one issue at GitHub for as long as anything differs")
    .action((environment: string | undefined, options: DriftOptions, command: Command) =>
      inSession(globalOptions(command), (session) =>
        showDrift(session, environment ?? "production", options),
      ),
    );

/** The journal of clean-ups, where it is asked for, or among all where there is one. */
async function provenCleanups(context: DriverContext, named: string | undefined): Promise<AuditReport[]> {
  if (named !== undefined && named !== cleanupPlace) return [];
  const report = await auditCleanups(context);
  const empty = report.chain.intact && report.chain.entries === 0;
  return named === undefined && empty ? [] : [report];
}

function addAudit(program: Command): void {
  const audited = program.command("audit").description("the ledger, proven");
  audited
    .command("verify [environment]")
    .description(
      "prove that nothing in the journal (clean-up's too) was edited, dropped or reordered; exit 1 when anything is wrong",
    )
    .action((environment: string | undefined, _: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const names = environment === cleanupPlace ? [] : environmentsOf(context, environment);
        const { found: proven, failed } = await lookAtEach(context, names, (name) => audit(context, name));
        const found = [...proven, ...(await provenCleanups(context, environment))];
        show("audit", { environments: found }, found.map(auditText).join("\n\n"));
        return failed || !found.every(isSound) ? exits.failed : exits.done;
      }),
    );
  addRepair(audited);
}

/** Commands that look and change nothing; and, beside its proof, the way on behind a broken journal. */
export function addLooking(program: Command): void {
  for (const add of [addPlan, addPending, addStatus, addHistory, addDrift, addAudit]) add(program);
}

import type { Command } from "commander";
import { loginOf } from "../../automation/approval.ts";
import { decide, liftVeto, recordTests, stopDeployments } from "../../automation/decisions.ts";
import { vetoesIn } from "../../automation/status.ts";
import { exits } from "../exit.ts";
import { demandReason, globalOptions, usage } from "../options.ts";
import { approvalText, denialText, stopText, vetoesText } from "../render/decisions.ts";
import { inSession } from "../session.ts";

interface Why {
  reason?: string;
}

const addApprove = (program: Command) =>
  program
    .command("approve <promotion>")
    .description("agree to a promotion that waits; void once anything of it changes")
    .option("--reason <text>", "why; written to the ledger")
    .action((promotion: string, { reason }: Why, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const why = reason === undefined ? undefined : demandReason(reason, "to say something");
        const pending = await decide(context, promotion, "approved", why);
        const by = loginOf(context.actor);
        const approvals = [...new Set([...pending.approvals, by])];
        show("approve", { ...pending, approvals, by }, approvalText({ ...pending, approvals }, by));
        return exits.done;
      }),
    );

const addDeny = (program: Command) =>
  program
    .command("deny <promotion>")
    .description("refuse a promotion that waits")
    .option("--reason <text>", "why; written to the ledger, required")
    .action((promotion: string, { reason }: Why, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const why = demandReason(reason, "to deny a promotion");
        const pending = await decide(context, promotion, "denied", why);
        const by = loginOf(context.actor);
        show("deny", { ...pending, by, why }, denialText(pending, by, why));
        return exits.done;
      }),
    );

const addStop = (program: Command) =>
  program
    .command("stop [environment]")
    .description("emergency stop: from here on only rollbacks deploy; default written in every environment")
    .option("--reason <text>", "why; written to the ledger, shown with every refusal")
    .option("--lift", "the emergency is over")
    .action((environment: string | undefined, options: Why & { lift?: true }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const { lift, reason } = options;
        const given = lift
          ? { lift, why: reason?.trim() || undefined }
          : { why: demandReason(reason, "to stop all deployments (or --lift)") };
        const environments = await stopDeployments(context, environment, given);
        const result = { environments, lifted: lift ?? false, by: context.actor, why: given.why };
        show("stop", result, stopText(result));
        return exits.done;
      }),
    );

const addTests = (program: Command) =>
  program
    .command("tests <environment>")
    .description("record what the tests of the release that an environment runs came to")
    .option("--passed", "they passed")
    .option("--failed", "they failed: the release goes no further")
    .option("--url <url>", "where their output can be read")
    .action(
      (environment: string, options: { passed?: true; failed?: true; url?: string }, command: Command) =>
        inSession(globalOptions(command), async ({ context, show }) => {
          const { passed, failed, url } = options;
          if (passed === failed) throw usage("expected either --passed or --failed");
          if (url !== undefined && !URL.canParse(url)) throw usage(`expected --url with a URL, got "${url}"`);
          const result = passed ? "passed" : "failed";
          const { version } = await recordTests(context, environment, result, url);
          show(
            "tests",
            { environment, version, result, url },
            `Tests of ${version} in ${environment}: ${result}.`,
          );
          return exits.done;
        }),
    );

function addVeto(program: Command): void {
  const veto = program
    .command("veto")
    .description("releases that failed in an environment and may not come again");
  veto
    .command("list [environment]")
    .description("what is vetoed where")
    .action((environment: string | undefined, _: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const vetoes = await vetoesIn(context, environment);
        show("veto.list", { vetoes }, vetoesText(vetoes));
        return exits.done;
      }),
    );
  veto
    .command("lift <environment> <release>")
    .description("let a release, by version or id, come into an environment again")
    .option("--reason <text>", "why; written to the ledger, required")
    .action((environment: string, release: string, { reason }: Why, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const why = demandReason(reason, "to lift a veto");
        const { version, releaseId } = await liftVeto(context, environment, release, why);
        show(
          "veto.lift",
          { environment, release: { id: releaseId, version }, why },
          `${version} (${releaseId}) may come into ${environment} again.`,
        );
        return exits.done;
      }),
    );
}

/** Commands with which people decide what may go on. */
export function addDeciding(program: Command): void {
  for (const add of [addApprove, addDeny, addStop, addTests, addVeto]) add(program);
}

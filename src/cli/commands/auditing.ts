import type { Command } from "commander";
import { repairLedger } from "../../automation/audit.ts";
import { exits } from "../exit.ts";
import { demandReason, globalOptions, usage } from "../options.ts";
import { repairText } from "../render/audit.ts";
import { inSession } from "../session.ts";

interface RepairOptions {
  reason?: string;
  confirm?: string;
}

/** Adds the way on behind a broken journal to the audit's commands. */
export const addRepair = (audit: Command) =>
  audit
    .command("repair <environment>")
    .description(
      "go on behind a broken journal: what is broken stays, named and sealed by an entry with your reason",
    )
    .option("--reason <text>", "why it is broken, and why to go on; written to the ledger, required")
    .option("--confirm <environment>", "the environment's name once more")
    .action((environment: string, { reason, confirm }: RepairOptions, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const why = demandReason(reason, "to go on behind a broken journal");
        if (confirm !== environment)
          throw usage(
            `expected --confirm ${environment}: what cannot be read any more is no longer in force afterwards`,
            `liftlock audit verify ${environment}`,
          );
        const report = await repairLedger(context, environment, why);
        show("audit.repair", report, repairText(report));
        return exits.done;
      }),
    );

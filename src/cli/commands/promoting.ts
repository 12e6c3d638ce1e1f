import type { Command } from "commander";
import { heal } from "../../automation/heal.ts";
import { deploy, promote } from "../../automation/promote.ts";
import { deployVersion } from "../../automation/releases.ts";
import { resume } from "../../automation/resume.ts";
import { rollback } from "../../automation/rollback.ts";
import {
  collect,
  demandReason,
  globalOptions,
  type OverrideOptions,
  overridesOf,
  overridesOfLift,
  usage,
  withOverrides,
} from "../options.ts";
import { readReleaseFile } from "../releaseFile.ts";
import { inSession } from "../session.ts";

/** Options of every command that brings a release. */
export interface LiftOptions extends OverrideOptions {
  allow: string[];
}

/** Adds `--allow`, `--override` and `--reason`. */
export const withLiftOptions = (command: Command): Command =>
  withOverrides(
    command.option(
      "--allow <resource>",
      "allow this resource to be replaced or deleted; repeatable",
      collect,
      [],
    ),
  );

const addPromote = (program: Command) =>
  withLiftOptions(
    program
      .command("promote")
      .description("lift the release that one environment runs, verified, into the next")
      .option("--from <environment>", "where it runs; default: the configured environment before")
      .option("--to <environment>", "where it goes", "production"),
  ).action((options: LiftOptions & { from?: string; to: string }, command: Command) =>
    inSession(globalOptions(command), ({ context }) => {
      const { from, to, allow } = options;
      return promote(context, { from, to, allow, overrides: overridesOfLift(context, options) });
    }),
  );

type DeployCommand = LiftOptions & { release?: string; version?: string };

const addDeploy = (program: Command) =>
  withLiftOptions(
    program
      .command("deploy <environment>")
      .description("bring a built release, or a known version, into an environment")
      .option("--release <file>", "release as JSON; - for standard input (how one comes to staging)")
      .option("--version <version>", "version or id of a known release; an older one is a way back"),
  ).action((environment: string, options: DeployCommand, command: Command) =>
    inSession(globalOptions(command), ({ context }) => {
      const { release: file, version, allow, reason } = options;
      if ((file === undefined) === (version === undefined))
        throw usage("expected either --release or --version", "liftlock releases");
      if (version !== undefined) {
        const overrides = overridesOf(context, options);
        return deployVersion(context, { environment, version, allow, overrides, reason });
      }
      const overrides = overridesOfLift(context, options);
      return deploy(context, { environment, release: readReleaseFile(file ?? ""), allow, overrides });
    }),
  );

interface RollbackCommand extends OverrideOptions {
  to?: string;
  now?: boolean;
}

const addRollback = (program: Command) =>
  program
    .command("rollback [environment]")
    .description("back to the previous verified release, or to a named one")
    .option("--to <version>", "version or id of an earlier verified release")
    .option("--reason <text>", "why; written to the ledger")
    .option("--now", "give traffic back at the edges first, before anything else is done")
    .option("--override <gate>", "rate: in spite of the limit of rollbacks; needs --reason", collect, [])
    .action((environment: string | undefined, options: RollbackCommand, command: Command) =>
      inSession(globalOptions(command), ({ context }) => {
        const { reason } = options;
        // What `now.ts` has begun is brought to its end, whatever is verified meanwhile.
        const to = process.env["LIFTLOCK_SWITCHED_BACK"] ?? options.to;
        const overrides = overridesOf(context, options, ["rate"]);
        return rollback(context, { environment: environment ?? "production", to, reason, overrides });
      }),
    );

const addResume = (program: Command) =>
  program
    .command("resume [environment]")
    .description("finish or revert a promotion whose driver was interrupted")
    .action((environment: string | undefined, _: object, command: Command) =>
      inSession(globalOptions(command), ({ context }) => resume(context, environment ?? "production")),
    );

interface HealCommand {
  reason?: string;
  force?: true;
  allow: string[];
}

const addHeal = (program: Command) =>
  program
    .command("heal <environment> <host>")
    .description("replace a dead host by a new one with the pinned release")
    .option("--reason <text>", "why; written to the ledger")
    .option("--force", "replace it although it answers; needs --reason")
    .option(
      "--allow <name>",
      "let the data of this stateful service or volume be lost; repeatable",
      collect,
      [],
    )
    .action((environment: string, host: string, options: HealCommand, command: Command) =>
      inSession(globalOptions(command), ({ context }) => {
        const { force, allow } = options;
        const reason = force ? demandReason(options.reason, "beside --force") : options.reason;
        return heal(context, { environment, host, reason, force, allow });
      }),
    );

/** Commands that change what an environment runs. */
export function addPromoting(program: Command): void {
  for (const add of [addPromote, addDeploy, addRollback, addResume, addHeal]) add(program);
}

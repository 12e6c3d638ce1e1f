import type { Command } from "commander";
import { backUp, drill, listBackups } from "../../automation/backup.ts";
import { restoreBackup } from "../../automation/restoreBackup.ts";
import type { RestoreSubject } from "../../hosts/backups.ts";
import { exits } from "../exit.ts";
import { globalOptions, usage } from "../options.ts";
import { backupsText, backupText, drillText, restoreText } from "../render/backups.ts";
import { inSession } from "../session.ts";

const addBackup = (program: Command) =>
  program
    .command("backup <environment>")
    .description("back up databases, volumes and configuration now, encrypted, off the host")
    .action((environment: string, _: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const report = await backUp(context, environment);
        show("backup", report, backupText(report));
        return exits.done;
      }),
    );

const addBackups = (program: Command) =>
  program
    .command("backups <environment>")
    .description("which backups there are, what is in them, and how the last drill ended")
    .action((environment: string, _: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const report = await listBackups(context, environment);
        show("backups", report, backupsText(report, context.now()));
        return report.problems.length > 0 ? exits.failed : exits.done;
      }),
    );

/** A snapshot's name as a person types it. @throws Failure `UsageInvalid` */
function parseSnapshot(name: string | undefined): string | undefined {
  if (name === undefined || /^[0-9a-f]{8,64}$/.test(name)) return name;
  throw usage(`expected --snapshot with the name that liftlock backups shows, got "${name}"`);
}

const addDrill = (program: Command) =>
  program
    .command("drill <environment>")
    .description("prove that a backup restores, in a throw-away container; exit 1 when it does not")
    .option("--snapshot <id>", "which backup; default: the newest")
    .action((environment: string, options: { snapshot?: string }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const report = await drill(context, { environment, snapshot: parseSnapshot(options.snapshot) });
        show("drill", report, drillText(report));
        return exits.done;
      }),
    );

interface RestoreOptions {
  snapshot?: string;
  service?: string;
  volume?: string;
  confirm?: string;
}

/** @throws Failure `UsageInvalid` unless exactly one is named */
function parseSubject({ service, volume }: RestoreOptions): RestoreSubject {
  if (service !== undefined && volume === undefined) return { kind: "database", name: service };
  if (volume !== undefined && service === undefined) return { kind: "volume", name: volume };
  throw usage("expected either --service with a data service, or --volume");
}

const addRestore = (program: Command) =>
  program
    .command("restore <environment>")
    .description("bring a database or a volume back from a backup; what is there is backed up before")
    .option("--service <name>", "the data service whose database it is, or service.database")
    .option("--volume <name>", "the volume")
    .option("--snapshot <id>", "which backup; default: the newest")
    .option("--confirm <environment>", "the environment's name once more")
    .action((environment: string, options: RestoreOptions, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const subject = parseSubject(options);
        const snapshot = parseSnapshot(options.snapshot);
        if (options.confirm !== environment)
          throw usage(
            `expected --confirm ${environment}: its services are stopped meanwhile, and what came after the backup is gone afterwards`,
            `liftlock backups ${environment}`,
          );
        const report = await restoreBackup(context, { environment, subject, snapshot });
        show("restore", report, restoreText(report));
        return exits.done;
      }),
    );

/** Commands that back up what is on a host and nowhere else, and prove that it comes back. */
export function addBacking(program: Command): void {
  for (const add of [addBackup, addBackups, addDrill, addRestore]) add(program);
}

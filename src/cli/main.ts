import { Command, CommanderError } from "commander";
import { drift } from "../automation/drift.ts";
import { history } from "../automation/history.ts";
import { type InitOptions, init } from "../automation/init.ts";
import { pinFromStack } from "../automation/pin.ts";
import { deploy, promote } from "../automation/promote.ts";
import { resume } from "../automation/resume.ts";
import { rollback } from "../automation/rollback.ts";
import { configuredEnvironments, environmentStatus } from "../automation/status.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { exits } from "./exit.ts";
import { readReleaseFile } from "./releaseFile.ts";
import { driftText, historyText, statusText } from "./render/status.ts";
import { type GlobalOptions, inSession } from "./session.ts";

const collect = (value: string, all: string[]) => [...all, value];

function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

const program = new Command("liftlock")
  .description(
    "Lifts a release from staging to production, and lowers it back when production does not stay healthy.",
  )
  .option("--json", "one JSON object a line on standard output")
  .option("-C, --directory <path>", "the project: where Pulumi.yaml lies", process.cwd())
  .option("--engine <name>", "in a rehearsal: pulumi (the official CLI) or rehearsal")
  .option("--world <directory>", "a rehearsal world; default the one kept in the project (.rehearsal)")
  .option("--no-world", "leave a kept rehearsal world alone")
  .showHelpAfterError("(liftlock <command> --help)")
  .exitOverride();

program
  .command("init <environment>")
  .description("make an environment's stack, keys and configuration")
  .requiredOption("--app <name>", "the application's name: hosts are called <app>-<environment>-<n>")
  .requiredOption("--region <slug>", "DigitalOcean region, such as fra1")
  .requiredOption("--operators <cidr...>", "address ranges that may reach SSH")
  .option("--hosts <number>", "droplets", "1")
  .action(
    (
      environment: string,
      options: Omit<InitOptions, "environment" | "hosts"> & { hosts: string },
      command: Command,
    ) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const file = await init(context, { ...options, environment, hosts: Number(options.hosts) });
        const next = `Now the application's variables (app/.env.${environment}.example lists them), then: pulumi up -s ${environment}`;
        show("init", { environment, file }, `${file} is written, its keys are secrets.\n${next}`);
        return exits.done;
      }),
  );

program
  .command("promote")
  .description("lift the release that one environment runs, verified, into the next")
  .option("--from <environment>", "where it runs", "staging")
  .option("--to <environment>", "where it goes", "production")
  .option("--allow <resource>", "allow this resource to be replaced or deleted; repeatable", collect, [])
  .action((options: { from: string; to: string; allow: string[] }, command: Command) =>
    inSession(globalOptions(command), ({ context }) => promote(context, options)),
  );

program
  .command("deploy <environment>")
  .description("bring a built release into an environment (how a release comes to staging)")
  .requiredOption("--release <file>", "release as JSON; - for standard input")
  .option("--allow <resource>", "allow this resource to be replaced or deleted; repeatable", collect, [])
  .action((environment: string, options: { release: string; allow: string[] }, command: Command) =>
    inSession(globalOptions(command), ({ context }) =>
      deploy(context, { environment, release: readReleaseFile(options.release), allow: options.allow }),
    ),
  );

program
  .command("rollback [environment]")
  .description("back to the previous verified release, or to a named one")
  .option("--to <version>", "version or id of an earlier verified release")
  .option("--reason <text>", "why; written to the ledger")
  .action((environment: string | undefined, options: { to?: string; reason?: string }, command: Command) =>
    inSession(globalOptions(command), ({ context }) =>
      rollback(context, { environment: environment ?? "production", ...options }),
    ),
  );

program
  .command("resume [environment]")
  .description("finish or revert a promotion whose driver was interrupted")
  .action((environment: string | undefined, _: object, command: Command) =>
    inSession(globalOptions(command), ({ context }) => resume(context, environment ?? "production")),
  );

program
  .command("status [environment]")
  .description("what each environment is meant to run, and what its hosts really run")
  .action((environment: string | undefined, _: object, command: Command) =>
    inSession(globalOptions(command), async ({ context, show }) => {
      const names = environment === undefined ? configuredEnvironments(context.workDirectory) : [environment];
      if (names.length === 0)
        throw new Failure({
          code: "StackUnknown",
          message: `expected Pulumi.<environment>.yaml in ${context.workDirectory}, found none`,
          hint: "liftlock init staging",
          fault: "user",
        });
      const looked = await Promise.allSettled(names.map((name) => environmentStatus(context, name)));
      const all = looked.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      const failures = looked.flatMap((result) =>
        result.status === "rejected" ? [asFailure(result.reason)] : [],
      );
      // One that cannot be looked at must not hide the others.
      if (all.length === 0 && failures[0]) throw failures[0];
      for (const { message } of failures) context.notify({ code: "warning", payload: { message } });
      show("status", { environments: all }, all.map(statusText).join("\n\n"));
      const bad = failures.length > 0 || all.some((s) => s.problems.length > 0 || s.interrupted);
      return bad ? exits.failed : exits.done;
    }),
  );

program
  .command("history [environment]")
  .description("an environment's updates, newest first")
  .option("-n, --count <number>", "how many", "20")
  .action((environment: string | undefined, options: { count: string }, command: Command) =>
    inSession(globalOptions(command), async ({ context, show }) => {
      const count = Number(options.count);
      if (!Number.isInteger(count) || count < 1)
        throw new Failure({
          code: "UsageInvalid",
          message: `expected a number of updates, got "${options.count}"`,
          fault: "user",
        });
      const lines = await history(context, environment ?? "production", count);
      show("history", { environment: environment ?? "production", updates: lines }, historyText(lines));
      return exits.done;
    }),
  );

program
  .command("drift [environment]")
  .description("compare state, cloud and hosts; exit 5 when they differ")
  .action((environment: string | undefined, _: object, command: Command) =>
    inSession(globalOptions(command), async ({ context, show }) => {
      const report = await drift(context, environment ?? "production");
      show("drift", report, driftText(report));
      return report.differences.length > 0 ? exits.drift : exits.done;
    }),
  );

program
  .command("pin <environment>")
  .description("bring this checkout's pin up to what the stack deployed and the hosts run")
  .requiredOption("--from-stack", "take it from the stack")
  .action((environment: string, _: object, command: Command) =>
    inSession(globalOptions(command), async ({ context, show }) => {
      const result = await pinFromStack(context, environment);
      show(
        "pin",
        result,
        `Pulumi.${environment}.yaml: ${result.before?.version ?? "nothing"} → ${result.after.version}, attempt ${result.attempt}.`,
      );
      return exits.done;
    }),
  );

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  process.exitCode = thrown.exitCode === 0 ? exits.done : exits.usage;
}

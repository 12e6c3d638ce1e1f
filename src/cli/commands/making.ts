import type { Command } from "commander";
import { type InitOptions, init } from "../../automation/init.ts";
import { pinFromStack } from "../../automation/pin.ts";
import { exits } from "../exit.ts";
import { globalOptions } from "../options.ts";
import { inSession } from "../session.ts";

type GivenInit = Omit<InitOptions, "environment" | "hosts"> & { hosts?: string };

const addInit = (program: Command) =>
  program
    .command("init <environment>")
    .description("make an environment's stack, keys and configuration")
    .option("--app <name>", "the application's name: hosts are called <app>-<environment>-<n>")
    .option("--region <slug>", "DigitalOcean region, such as fra1")
    .option("--operators <cidr...>", "address ranges that may reach SSH")
    .option("--hosts <number>", "droplets")
    .addHelpText(
      "after",
      "\nWhat is not said here is taken from Pulumi.<environment>.yaml, if that is there already.",
    )
    .action((environment: string, { hosts, ...said }: GivenInit, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const options = { ...said, environment, hosts: hosts === undefined ? undefined : Number(hosts) };
        const file = await init(context, options);
        const next = `Now the application's variables (app/.env.${environment}.example lists them), then: pulumi up -s ${environment}`;
        show("init", { environment, file }, `${file} is written, its keys are secrets.\n${next}`);
        return exits.done;
      }),
    );

const addPin = (program: Command) =>
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

/** Commands that make and mend a checkout's configuration. */
export function addMaking(program: Command): void {
  for (const add of [addInit, addPin]) add(program);
}

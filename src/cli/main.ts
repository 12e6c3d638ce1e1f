import { Command, CommanderError } from "commander";
import { addBacking } from "./commands/backing.ts";
import { addDeciding } from "./commands/deciding.ts";
import { addGitHub } from "./commands/github.ts";
import { addKeeping } from "./commands/keeping.ts";
import { addLooking } from "./commands/looking.ts";
import { addMaking } from "./commands/making.ts";
import { addPromoting } from "./commands/promoting.ts";
import { addValidating } from "./commands/validating.ts";
import { exits } from "./exit.ts";

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

program.commandsGroup("Promote:");
addPromoting(program);
program.commandsGroup("Look:");
addLooking(program);
addValidating(program);
addGitHub(program);
program.commandsGroup("Keep:");
addKeeping(program);
addBacking(program);
program.commandsGroup("Decide:");
addDeciding(program);
program.commandsGroup("Set up:");
addMaking(program);

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  process.exitCode = thrown.exitCode === 0 ? exits.done : exits.usage;
}

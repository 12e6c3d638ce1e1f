import { userInfo } from "node:os";
import { EngineError, exitCodeOf, messageOf, unsupported } from "../failure.ts";
import { cancelLocks } from "../state/locks.ts";
import { engineVersion } from "../version.ts";
import { COMMON, parseArguments } from "./arguments.ts";
import { type Command, Session, say, sayJson } from "./command.ts";

const version: Command = { run: () => say(engineVersion) };

const whoami: Command = {
  flags: { json: "switch" },
  run: ({ args, project }) => {
    const user = userInfo().username;
    if (args.has("json")) sayJson({ user, organizations: [], url: project.backend.url });
    else say(user);
  },
};

const cancel: Command = {
  run: (session) => {
    const ref = session.stack(session.args.value("stack") ?? session.args.positional[0]);
    cancelLocks(session.project.backend, ref);
    say(`The currently running update for '${ref.stack}' has been canceled!`);
  },
};

/** Providers are part of this engine: there is nothing to install. */
const nothingToInstall: Command = {
  flags: {
    server: "value",
    reinstall: "switch",
    "no-plugins": "switch",
    "no-dependencies": "switch",
    "use-language-version-tools": "switch",
  },
  run: () => undefined,
};

const pluginLs: Command = { flags: { json: "switch" }, run: () => sayJson([]) };

/** Every command there is. Files are loaded when their command is asked for: most of a short command is start-up. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  version: async () => version,
  whoami: async () => whoami,
  cancel: async () => cancel,
  install: async () => nothingToInstall,
  "plugin install": async () => nothingToInstall,
  "plugin ls": async () => pluginLs,
  stack: async () => (await import("./stack.ts")).stackShow,
  "stack init": async () => (await import("./stack.ts")).stackInit,
  "stack select": async () => (await import("./stack.ts")).stackSelect,
  "stack ls": async () => (await import("./stack.ts")).stackLs,
  "stack rm": async () => (await import("./stack.ts")).stackRm,
  "stack output": async () => (await import("./stack.ts")).stackOutput,
  "stack history": async () => (await import("./history.ts")).stackHistory,
  "stack export": async () => (await import("./transfer.ts")).stackExport,
  "stack import": async () => (await import("./transfer.ts")).stackImport,
  "state unprotect": async () => (await import("./state.ts")).stateUnprotect,
  config: async () => (await import("./config.ts")).configShow,
  "config get": async () => (await import("./config.ts")).configGet,
  "config set": async () => (await import("./config.ts")).configSet,
  "config set-all": async () => (await import("./config.ts")).configSetAll,
  "config rm": async () => (await import("./config.ts")).configRm,
  "config rm-all": async () => (await import("./config.ts")).configRmAll,
  up: async () => (await import("./operations.ts")).up,
  update: async () => (await import("./operations.ts")).up,
  preview: async () => (await import("./operations.ts")).preview,
  refresh: async () => (await import("./operations.ts")).refresh,
  destroy: async () => (await import("./operations.ts")).destroy,
};

/** Flags that may stand before the command, with how many words they take. */
const LEADING: Readonly<Record<string, number>> = {
  "-C": 2,
  "--cwd": 2,
  "--color": 2,
  "--non-interactive": 1,
  "--emoji": 1,
};

/** Flags before the command count as flags of the command. */
function commandFirst(argv: readonly string[]): string[] {
  const words = LEADING[argv[0] ?? ""];
  if (words === undefined) return /^--(cwd|color)=/.test(argv[0] ?? "") ? moved(argv, 1) : [...argv];
  return moved(argv, words);
}

function moved(argv: readonly string[], words: number): string[] {
  return [...commandFirst(argv.slice(words)), ...argv.slice(0, words)];
}

async function run(argv: readonly string[]): Promise<void> {
  const words = commandFirst(argv);
  const name = [words.slice(0, 2).join(" "), words[0] ?? ""].find((candidate) =>
    Object.hasOwn(COMMANDS, candidate),
  );
  const group = ["stack", "state", "config", "plugin"].includes(words[0] ?? "");
  const unknownMember = group && name === words[0] && words[1] !== undefined && !words[1].startsWith("-");
  const load = name === undefined || unknownMember ? undefined : COMMANDS[name];
  if (name === undefined || !load) {
    if (words.length === 0)
      throw new EngineError("usage", `a command is expected: ${Object.keys(COMMANDS).join(", ")}`);
    throw unsupported(`\`pulumi ${words.slice(0, group ? 2 : 1).join(" ")}\``);
  }
  const command = await load();
  const args = parseArguments(words.slice(name.split(" ").length), { ...COMMON, ...command.flags });
  await command.run(new Session(args));
}

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await run(argv);
    return 0;
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    if (!(error instanceof EngineError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return exitCodeOf(error);
  }
}

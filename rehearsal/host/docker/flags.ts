/** Command line flags, as Docker's command line reads them. */
import { CommandFailure, unsupported } from "./call.ts";

/** The flags of a command by their long name: whether they take a value, and their short name. */
export type FlagSpecs = Readonly<Record<string, { takes?: "value"; short?: string }>>;

/** A parsed command line. */
export class Flags {
  /** What is not a flag. */
  readonly operands: readonly string[];
  private readonly command: string;
  private readonly given: ReadonlyMap<string, readonly string[]>;

  constructor(command: string, given: ReadonlyMap<string, readonly string[]>, operands: readonly string[]) {
    this.command = command;
    this.given = given;
    this.operands = operands;
  }

  on(name: string): boolean {
    return this.value(name) === "true";
  }

  /** The last value given. */
  value(name: string): string | undefined {
    return this.given.get(name)?.at(-1);
  }

  values(name: string): readonly string[] {
    return this.given.get(name) ?? [];
  }

  /** What the command is about; fails when nothing is named. */
  get required(): readonly string[] {
    if (this.operands.length > 0) return this.operands;
    throw new CommandFailure(
      1,
      `"${this.command}" requires at least 1 argument.\nSee '${this.command} --help'.`,
    );
  }

  /** A whole number; fails for anything else. */
  number(name: string): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    throw new CommandFailure(125, `invalid argument "${text}" for "--${name}" flag: parse error`);
  }
}

/**
 * Reads a command line.
 * @param command for messages, for instance `docker ps`
 * @param stopAtOperand everything from the first operand on is an operand: for commands with subcommands
 */
export function parseFlags(
  command: string,
  argv: readonly string[],
  specs: FlagSpecs,
  stopAtOperand = false,
): Flags {
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  const add = (name: string, value: string) => given.set(name, [...(given.get(name) ?? []), value]);
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--" || (!isFlag(word) && stopAtOperand)) {
      if (word !== "--") operands.push(word);
      operands.push(...rest);
      break;
    }
    if (!isFlag(word)) {
      operands.push(word);
      continue;
    }
    for (const { name, value } of expand(command, word, specs)) {
      add(name, value ?? valueFor(command, name, specs, rest));
    }
  }
  return new Flags(command, given, operands);
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

/** `--name`, `--name=value`, `-n`, `-n=value` and `-nm` as names with the value written in the same word. */
function expand(
  command: string,
  word: string,
  specs: FlagSpecs,
): { name: string; value: string | undefined }[] {
  const [, dashes = "", body = "", , value] = /^(--?)([^=]+)(=(.*))?$/s.exec(word) ?? [];
  if (dashes === "--") {
    if (!Object.hasOwn(specs, body)) throw unsupported(`the flag --${body} of \`${command}\``);
    return [{ name: body, value }];
  }
  const names = body.split("").map((short) => longName(command, short, specs));
  return names.map((name, index) => ({ name, value: index === names.length - 1 ? value : undefined }));
}

function longName(command: string, short: string, specs: FlagSpecs): string {
  const found = Object.entries(specs).find(([, spec]) => spec.short === short);
  if (!found) throw unsupported(`the flag -${short} of \`${command}\``);
  return found[0];
}

function valueFor(command: string, name: string, specs: FlagSpecs, rest: string[]): string {
  if (specs[name]?.takes !== "value") return "true";
  const value = rest.shift();
  if (value === undefined)
    throw new CommandFailure(125, `flag needs an argument: --${name}\nSee '${command} --help'.`);
  return value;
}

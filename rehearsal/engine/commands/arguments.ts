// The command line, read strictly: a flag this engine does not know is refused, never dropped.
import { EngineError, unsupported } from "../failure.ts";

/** How often a flag takes a value: never, once, or as often as it is given. */
export type FlagKind = "switch" | "value" | "values";
export type FlagSpec = Readonly<Record<string, FlagKind>>;

/** Flags every command takes. */
export const COMMON: FlagSpec = {
  stack: "value",
  cwd: "value",
  "config-file": "value",
  "non-interactive": "switch",
  yes: "switch",
  color: "value",
  emoji: "switch",
  logtostderr: "switch",
  logflow: "switch",
  verbose: "value",
  debug: "switch",
};

const SHORT: Readonly<Record<string, string>> = {
  s: "stack",
  C: "cwd",
  y: "yes",
  j: "json",
  m: "message",
  p: "parallel",
  v: "verbose",
  r: "refresh",
  d: "debug",
  f: "force",
  a: "all",
  i: "show-ids",
};

/** What was given on a command line. */
export class Arguments {
  readonly positional: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positional: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positional = positional;
    this.#values = values;
  }

  has(flag: string): boolean {
    const given = this.#values.get(flag);
    return given !== undefined && given.at(-1) !== "false";
  }

  value(flag: string): string | undefined {
    return this.#values.get(flag)?.at(-1);
  }

  values(flag: string): readonly string[] {
    return this.#values.get(flag) ?? [];
  }

  /** A flag's whole number; undefined when it is not given. */
  number(flag: string): number | undefined {
    const text = this.value(flag);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    throw new EngineError("usage", `--${flag} must be a whole number, not '${text}'`);
  }
}

function nameOf(argument: string): { name: string; attached?: string } {
  const long = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument);
  if (long) return { name: long[1] ?? "", ...(long[2] !== undefined && { attached: long[2] }) };
  const short = /^-([A-Za-z])(?:=?([\s\S]+))?$/.exec(argument);
  const name = SHORT[short?.[1] ?? ""];
  if (!name) throw unsupported(`the flag ${argument}`);
  return { name, ...(short?.[2] !== undefined && { attached: short[2] }) };
}

/** @throws EngineError `unsupported` for unknown flags, `usage` for a missing value. */
export function parseArguments(argv: readonly string[], spec: FlagSpec): Arguments {
  const positional: string[] = [];
  const values = new Map<string, string[]>();
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === "--") {
      positional.push(...rest.splice(0));
    } else if (!/^-./.test(argument)) {
      positional.push(argument);
    } else {
      const { name, attached } = nameOf(argument);
      const kind = spec[name];
      if (!kind) throw unsupported(`the flag --${name}`);
      const value = kind === "switch" ? (attached ?? "true") : (attached ?? rest.shift());
      if (value === undefined) throw new EngineError("usage", `--${name} needs a value`);
      values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return new Arguments(positional, values);
}

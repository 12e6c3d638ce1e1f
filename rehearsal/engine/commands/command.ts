import { resolve } from "node:path";
import { Project } from "../project/project.ts";
import { StackConfig } from "../project/stack-config.ts";
import type { StackRef } from "../state/resource.ts";
import type { Arguments, FlagSpec } from "./arguments.ts";

/** One command: the flags it takes besides the common ones, and what it does. */
export interface Command {
  readonly flags?: FlagSpec;
  run(session: Session): void | Promise<void>;
}

/** A command being run: its arguments and the project they are about. */
export class Session {
  readonly args: Arguments;
  #project: Project | undefined;

  constructor(args: Arguments) {
    this.args = args;
  }

  get directory(): string {
    return resolve(this.args.value("cwd") ?? ".");
  }

  get project(): Project {
    this.#project ??= new Project(this.directory);
    return this.#project;
  }

  /** The stack a command is about: `--stack`, its first argument where it takes one, or the selected one. */
  stack(named = this.args.value("stack")): StackRef {
    return this.project.existing(named);
  }

  config(ref: StackRef): StackConfig {
    return new StackConfig(this.project, ref, this.args.value("config-file"));
  }
}

/** Prints one line. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints JSON as the real CLI does. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** Prints a table with its columns aligned. */
export function sayTable(headers: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  for (const row of [headers, ...rows])
    say(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

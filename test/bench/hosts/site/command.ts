/** Commands as a person types them: processes, timed from their start. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { BenchFailure } from "../../failure.ts";

/** One line of `--json`, and when it came. */
export interface Event {
  /** Milliseconds since the command was started. */
  at: number;
  event: string;
  [key: string]: unknown;
}

/** A command that has ended. */
export interface Ran {
  /** When it was started, milliseconds since 1970. */
  started: number;
  /** Of the whole process. */
  seconds: number;
  events: Event[];
}

export interface CommandOptions {
  directory: string;
  environment: Readonly<Record<string, string>>;
  stdin?: string;
  /** Exit codes that are expected; default 0. */
  exit?: readonly number[];
  /** Whether every line of standard output is a JSON object. */
  events?: boolean;
  /** Told of each as it comes. */
  onEvent?: (event: Event) => void;
  /** Milliseconds after which it is ended; default 10 minutes. */
  timeout?: number;
}

/** Milliseconds since 1970, finer than `Date.now()`. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Runs a program to its end. @throws BenchFailure when it ends otherwise than expected */
export async function run(program: string, args: readonly string[], options: CommandOptions): Promise<Ran> {
  const { directory, environment, stdin = "", exit = [0], timeout = 600_000 } = options;
  const started = now();
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    timeout,
  });
  child.stdin.end(stdin);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve(signal ?? code));
  });
  const events: Event[] = [];
  for await (const line of createInterface(child.stdout))
    if (options.events) {
      const event = { ...(JSON.parse(line) as { event: string }), at: now() - started };
      events.push(event);
      options.onEvent?.(event);
    } else said += `${line}\n`;
  const code = await ended;
  const seconds = (now() - started) / 1000;
  if (typeof code === "number" && exit.includes(code)) return { started, seconds, events };
  throw new BenchFailure(
    `${args.join(" ").slice(0, 300)}: expected exit code ${exit.join(" or ")}, found ${String(code)}:\n${said.trim().slice(-3000)}`,
  );
}

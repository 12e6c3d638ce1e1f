/** One invocation of `docker` on a host, and how it ends. */
import type { Engine } from "../engine/engine.ts";
import type { Puller } from "../pull/puller.ts";

/** What the client on the host sent. */
export interface Invocation {
  /** Without the program's name. */
  argv: readonly string[];
  /** Folder in which it was called. */
  cwd: string;
  environment: Readonly<Record<string, string>>;
}

/** An invocation with everything that a command works with. */
export interface Call extends Invocation {
  engine: Engine;
  puller: Puller;
  /** Aborted when the client was killed or the host lost its power. */
  signal: AbortSignal;
  /** Writes to the client's standard output; nothing is added to the text. */
  out: (text: string) => void;
  /** Writes one line to the client's standard error. */
  err: (line: string) => void;
  /** Writes anything to the client's standard output, before all texts. */
  outBytes?: (bytes: Buffer) => void;
  /** What came on the client's standard input, where its arguments say that it is read. */
  input?: Buffer;
}

/** A command: done when it returns; fails by throwing a {@link CommandFailure}. */
export type Command = (call: Call) => Promise<void>;

/** What the client sees. */
export interface Reply {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Comes before `stdout`: what is no text. */
  bytes?: Buffer;
}

/** A command that failed: its exit code, and what it says on standard error (nothing when empty). */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** An error of the daemon, as the client prints it. */
export function daemonFailure(message: string, exitCode = 1): CommandFailure {
  return new CommandFailure(exitCode, `Error response from daemon: ${message}`);
}

/** For everything that the real tool can do and this one cannot. */
export function unsupported(what: string, exitCode = 125): CommandFailure {
  return new CommandFailure(exitCode, `the simulated host's docker does not support ${what}`);
}

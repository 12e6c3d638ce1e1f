import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FailureCode } from "../../src/release/failure.ts";

/** What a driver in a process of its own is told. */
export type Command =
  | { do: "acquire"; environment: string }
  /** Announces a step under the lease it has. */
  | { do: "intent"; environment: string }
  /** Writes so many notes; each is answered with its number, then 0. */
  | { do: "notes"; environment: string; count: number };

export type Answer = { done: number } | { failed: FailureCode; message: string };

/** Where a process finds the ledger. */
export interface Address {
  kind: "files" | "postgres";
  place: string;
}

/** A real process with a ledger of its own. */
export class DriverProcess implements Disposable {
  readonly child: ChildProcess;
  private readonly answers: Answer[] = [];
  private waiting: ((answer: Answer) => void) | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.on("message", (answer: Answer) => {
      const waiting = this.waiting;
      this.waiting = undefined;
      if (waiting) waiting(answer);
      else this.answers.push(answer);
    });
  }

  static async start({ kind, place }: Address, leaseTime = 60_000): Promise<DriverProcess> {
    const program = join(import.meta.dirname, "driver.ts");
    // Not the test runner's own options.
    const driver = new DriverProcess(fork(program, [kind, place, String(leaseTime)], { execArgv: [] }));
    await driver.answer();
    return driver;
  }

  async answer(): Promise<Answer> {
    const first = this.answers.shift();
    return first ?? (await new Promise<Answer>((resolve) => (this.waiting = resolve)));
  }

  tell(command: Command): void {
    this.child.send(command);
  }

  ask(command: Command): Promise<Answer> {
    this.tell(command);
    return this.answer();
  }

  async kill(): Promise<void> {
    const exit = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exit;
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }
}

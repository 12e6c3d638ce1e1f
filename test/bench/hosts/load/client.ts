import { type ChildProcess, fork } from "node:child_process";
import { BenchFailure } from "../../failure.ts";
import type { Recording } from "./recording.ts";

/** What is asked, and how often. */
export interface LoadWish {
  targets: readonly { address: string; port: number }[];
  /** Requests a second, over all targets. */
  rate: number;
  /** Requests that there is room for; then it stops by itself. */
  most: number;
}

/** A load in a process of its own, from its start to its end. */
export class Load implements Disposable {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Resolves when requests are being sent. @throws BenchFailure */
  static async start(wish: LoadWish): Promise<Load> {
    const child = fork(new URL("./generator.ts", import.meta.url), [], {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const load = new Load(child);
    child.send(wish);
    await load.told<string>();
    return load;
  }

  /** Ends it. @returns all of it, what was still under way included */
  async stop(): Promise<Recording> {
    const told = this.told<Recording>();
    this.child.send("stop");
    const recording = await told;
    this.child.disconnect();
    return recording;
  }

  private told<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.child
        .once("message", (message) => resolve(message as T))
        .once("exit", () => reject(new BenchFailure("the load's process ended before its time")));
    });
  }

  [Symbol.dispose](): void {
    this.child.kill();
  }
}

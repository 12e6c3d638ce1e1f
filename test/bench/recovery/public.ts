import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { BenchFailure } from "../failure.ts";
import type { Probe, ProbePlan, ProberMessage } from "./probe.ts";

/** Somebody outside who asks all the time, and knows nothing of the driver. */
export class Public implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.child = child;
    this.ended = once(child, "exit");
  }

  /** Returns once it asks. @throws BenchFailure */
  static async start(plan: ProbePlan): Promise<Public> {
    const child = fork(new URL("./prober.ts", import.meta.url), [JSON.stringify(plan)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const asking = new Public(child);
    await asking.next();
    return asking;
  }

  /** Ends it. @returns everything it asked, by time. @throws BenchFailure */
  async end(): Promise<Probe[]> {
    this.child.send("end");
    const message = await this.next();
    if (!("probes" in message)) throw new BenchFailure("expected the prober to say what it saw");
    return message.probes.toSorted((a, b) => a.at - b.at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }

  private async next(): Promise<ProberMessage> {
    const gone = this.ended.then(() => {
      throw new BenchFailure("the prober ended too early");
    });
    const [message] = (await Promise.race([once(this.child, "message"), gone])) as [ProberMessage];
    return message;
  }
}

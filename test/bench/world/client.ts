import { type ChildProcess, fork } from "node:child_process";
import { BenchFailure } from "../failure.ts";
import type { Answer, CallName, Calls, WorldDescription, WorldWish } from "./protocol.ts";

/** The next message of a process. @throws BenchFailure when it ends instead */
function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const take = (message: unknown) => {
      child.off("exit", ended);
      resolve(message);
    };
    const ended = (code: number | null) => {
      child.off("message", take);
      reject(new BenchFailure(`the world's process ended with ${code}`));
    };
    child.once("message", take).once("exit", ended);
  });
}

/** A world that runs in a process of its own. */
export class WorldClient implements AsyncDisposable {
  readonly description: WorldDescription;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, description: WorldDescription) {
    this.child = child;
    this.description = description;
  }

  /** Starts a world; nothing is up in it yet. */
  static async start(wish: WorldWish): Promise<WorldClient> {
    const child = fork(new URL("./process.ts", import.meta.url), [JSON.stringify(wish)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return new WorldClient(child, (await nextMessage(child)) as WorldDescription);
  }

  /** Makes one call; the next one only after its answer. @throws BenchFailure */
  async call<N extends CallName>(
    name: N,
    ...[input]: Calls[N]["input"] extends undefined ? [] : [Calls[N]["input"]]
  ): Promise<Calls[N]["output"]> {
    const reply = nextMessage(this.child);
    this.child.send({ name, input });
    const answer = (await reply) as Answer;
    if ("problem" in answer) throw new BenchFailure(answer.problem);
    return answer.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.disconnect();
    await ended;
  }
}

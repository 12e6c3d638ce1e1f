import { fork } from "node:child_process";
import type { Suite } from "./share.ts";
import { add, emptyTally, type Tally } from "./tally.ts";
import type { WorkerMessage } from "./worker.ts";

/** A worker broke, or something else than an invariant did. */
export class TortureFailure extends Error {
  override readonly name = "TortureFailure";
}

/**
 * Runs a suite in as many processes as there are cores to use.
 * @param loader a module that each process loads first
 * @param told how many schedules have been run, now and then
 * @throws TortureFailure
 */
export async function runSuite(
  suite: Suite,
  workers: number,
  told: (run: number) => void = () => undefined,
  loader?: { module: string; environment: Readonly<Record<string, string>> },
): Promise<Tally> {
  const done = Array<number>(workers).fill(0);
  const shares = await Promise.all(
    done.map(
      (_, part) =>
        new Promise<Tally>((resolve, reject) => {
          const share = JSON.stringify({ suite, part, of: workers });
          const child = fork(new URL("./worker.ts", import.meta.url), [share], {
            stdio: ["ignore", "inherit", "inherit", "ipc"],
            ...(loader && {
              execArgv: ["--import", loader.module],
              env: { ...process.env, ...loader.environment },
            }),
          });
          let end = () => reject(new TortureFailure(`worker ${part + 1} ended without a result`));
          child.on("message", (message: WorkerMessage) => {
            if ("run" in message) {
              done[part] = message.run;
              told(done.reduce((sum, run) => sum + run, 0));
            } else if ("tally" in message) end = () => resolve(message.tally);
            else end = () => reject(new TortureFailure(message.problem));
          });
          child.once("exit", () => end());
        }),
    ),
  );
  return shares.reduce(add, emptyTally());
}

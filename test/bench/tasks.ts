import { fork } from "node:child_process";
import { BenchFailure } from "./failure.ts";
import type { EngineFigures, FleetFigures, RecoveryFigures } from "./figures.ts";

/** What is measured, and what comes of it. */
export interface Tasks {
  fleet: { input: { hosts: number; rounds: number }; result: FleetFigures };
  engine: { input: object; result: EngineFigures };
  recovery: { input: object; result: RecoveryFigures };
}

export type Task = { [N in keyof Tasks]: { name: N } & Tasks[N]["input"] }[keyof Tasks];

/** What a measurement's process sends. */
export type MeasurementMessage =
  | { said: string }
  | { problem: string }
  | { result: Tasks[keyof Tasks]["result"] };

/**
 * Runs a measurement in a fresh process, so that none warms up or burdens the next.
 * @param say told what goes on
 * @throws BenchFailure
 */
export function measureApart<N extends keyof Tasks>(
  name: N,
  input: Tasks[N]["input"],
  say: (text: string) => void,
): Promise<Tasks[N]["result"]> {
  const child = fork(new URL("./measurement.ts", import.meta.url), [JSON.stringify({ name, ...input })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    let end = () => reject(new BenchFailure(`the measurement of ${name} ended without a result`));
    child.on("message", (message: MeasurementMessage) => {
      if ("said" in message) say(message.said);
      else if ("problem" in message) end = () => reject(new BenchFailure(message.problem));
      else end = () => resolve(message.result);
    });
    child.once("exit", () => end());
  });
}

import { type ChildProcess, fork } from "node:child_process";
import { BenchFailure } from "../failure.ts";
import type { CleanupRun, Site, Told } from "./protocol.ts";

/** A clean-up that has to read everything, and the next one, which has read it before. */
export interface CleanupFigures {
  versions: number;
  first: CleanupRun;
  second: CleanupRun;
}

function resultOf<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (told: Told<T>) =>
      "result" in told ? resolve(told.result) : reject(new BenchFailure(told.problem)),
    );
    child.once("exit", () => reject(new BenchFailure(`${what} ended without a result`)));
  });
}

/** How much the clean-up needs, not how long Node puts off collecting what it has let go of: megabytes of the heap. */
const heap = ["--max-semi-space-size=8", "--max-old-space-size=256"];

const start = (file: string, args: readonly string[]) =>
  fork(new URL(file, import.meta.url), [...args], {
    execArgv: file === "./run.ts" ? heap : [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });

/**
 * Measures clean-ups over so many versions of packages, and the driver's process only.
 * @param say told what goes on
 * @throws BenchFailure
 */
export async function measureCleanup(versions: number, say: (text: string) => void): Promise<CleanupFigures> {
  say(`a world with ${versions} versions of packages comes up`);
  const world = start("./site.ts", [String(versions)]);
  try {
    const site = await resultOf<Site>(world, "the world");
    const run = (hours: number) =>
      resultOf<CleanupRun>(start("./run.ts", [JSON.stringify(site), String(hours)]), "a clean-up");
    say(`first clean-up of ${site.versions} versions`);
    const first = await run(0);
    say("second clean-up");
    const second = await run(2);
    for (const { report } of [first, second])
      if (report.stopped !== undefined) throw new BenchFailure(`a clean-up ended early: ${report.stopped}`);
    return { versions: site.versions, first, second };
  } finally {
    world.disconnect();
  }
}

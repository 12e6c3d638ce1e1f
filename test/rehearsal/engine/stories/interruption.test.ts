// Locks, signals and what an engine that was killed leaves behind.
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { local } from "@pulumi/command";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { type Workbench, workbench } from "../workbench.ts";

/** A program whose first command takes until it is let go on, or its folder goes, and whose second waits for it. */
const slowly = (bench: Workbench) => async () => {
  const first = new local.Command("first", {
    create: `cd ${bench.base}; touch begun; until [ -e on ]; do [ -e begun ] || exit; sleep 0.05; done; touch ended`,
  });
  new local.Command("second", { create: `touch ${bench.base}/second` }, { dependsOn: first });
};

const letGoOn = (bench: Workbench) => writeFileSync(join(bench.base, "on"), "");

const at = (bench: Workbench, name: string) => existsSync(join(bench.base, name));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

/** What a rejected promise said. Listens at once, so that a failure in the meantime is nobody's surprise. */
const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "it did not fail",
    (error: unknown) => String(error),
  );

function locks(bench: Workbench): string[] {
  const directory = join(bench.base, "state/.pulumi/locks/organization/p/dev");
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Pid of the engine that holds the stack's lock. */
async function holder(bench: Workbench): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const [name = ""] = locks(bench);
  const text = await readFile(join(bench.base, "state/.pulumi/locks/organization/p/dev", name), "utf8");
  return (JSON.parse(text) as { pid: number }).pid;
}

test("an interrupted update lets its operation finish, begins no other and gives its lock back", async () => {
  await using bench = await workbench();
  bench.run(slowly(bench));
  const stop = new AbortController();
  const update = bench.stack.up({ signal: stop.signal });
  const ended = failureOf(update);
  await until(() => at(bench, "begun"));
  // Another update is refused meanwhile, a preview is not.
  await expect(bench.stack.up()).rejects.toBeInstanceOf(ConcurrentUpdateError);
  stop.abort();
  await sleep(500);
  letGoOn(bench);
  expect(await ended).toMatch(/update canceled/);
  expect([at(bench, "ended"), at(bench, "second"), locks(bench)]).toEqual([true, false, []]);
  expect(bench.checkpoint()).toContain("::first");
  expect(bench.checkpoint()).not.toContain("pending_operations");
  expect((await bench.stack.history(1))[0]?.result).toBe("failed");
});

test("a killed update leaves its lock and its unfinished operation, and is not in history", async () => {
  await using bench = await workbench();
  bench.run(slowly(bench));
  const update = failureOf(bench.stack.up());
  await until(() => at(bench, "begun"));
  process.kill(await holder(bench), "SIGKILL");
  expect(await update).toMatch(/code: -?\d+/);
  expect(locks(bench)).toHaveLength(1);
  expect(bench.checkpoint()).toMatch(/"pending_operations":\[.*::first.*"type":"creating"/s);
  expect(await bench.stack.history()).toEqual([]);
  // What it had begun goes on without it.
  letGoOn(bench);
  await until(() => at(bench, "ended"));
  await expect(bench.stack.up()).rejects.toBeInstanceOf(ConcurrentUpdateError);
  await bench.stack.cancel();
  const { stdout } = await bench.stack.up();
  expect(stdout).toContain("pending operations");
  expect(bench.checkpoint()).toContain("pending_operations");
  await bench.stack.refresh({ clearPendingCreates: true });
  expect(bench.checkpoint()).not.toContain("pending_operations");
});

test("a second signal ends the engine at once and still gives the lock back", async () => {
  await using bench = await workbench();
  bench.run(slowly(bench));
  const update = failureOf(bench.stack.up());
  await until(() => at(bench, "begun"));
  const pid = await holder(bench);
  process.kill(pid, "SIGINT");
  // Another one than the first: two of a kind may arrive as one.
  process.kill(pid, "SIGTERM");
  expect(await update).toMatch(/code: -?\d+/);
  expect([at(bench, "ended"), locks(bench)]).toEqual([false, []]);
  expect(bench.checkpoint()).toContain("pending_operations");
});

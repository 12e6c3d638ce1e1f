import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { labelsOf } from "../../../../rehearsal/host/container/labels.ts";
import { abandoned } from "../../../../rehearsal/host/container/leftovers.ts";
import {
  isGone,
  type Owner,
  readOwner,
  startOf,
  thisOwner,
  writeOwner,
} from "../../../../rehearsal/host/container/owner.ts";

const here = { boot: "b1", namespace: "pid:[1]" };
const owner: Owner = { ...here, pid: 7, started: "100" };
const runs = (pid: number) => (pid === 7 ? "100" : undefined);

describe("an owner", () => {
  test.each<[string, Owner, boolean]>([
    ["runs", owner, false],
    ["has ended", { ...owner, pid: 8 }, true],
    ["has ended, and another process has its number", { ...owner, started: "99" }, true],
    ["was there before the machine was started again", { ...owner, boot: "b0" }, true],
    ["is in another namespace", { ...owner, namespace: "pid:[2]", pid: 8 }, false],
  ])("that %s", (_, given, gone) => expect(isGone(given, here, runs)).toBe(gone));

  test.runIf(process.platform === "linux")("is this process, until it ends", async () => {
    expect(isGone(thisOwner(), thisOwner())).toBe(false);
    const child = spawn("sleep", ["60"]);
    const ofChild = { ...thisOwner(), pid: child.pid ?? 0, started: startOf(child.pid ?? 0) ?? "" };
    expect(isGone(ofChild, thisOwner())).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isGone(ofChild, thisOwner())).toBe(true);
  });

  test.each(["", "{}", "7", '{"pid":"7"}'])("is not read from %j", (label) =>
    expect(readOwner(label)).toBeUndefined(),
  );

  test("is read as it was written", () => expect(readOwner(writeOwner(owner))).toEqual(owner));
});

describe("leftovers", () => {
  const dead: Owner = { ...owner, pid: 8 };

  test("are the worlds whose owner is gone, each once; what is not ours, or not certain, is left alone", () => {
    const labels = [
      labelsOf("dead", dead, "/tmp/dead"),
      labelsOf("dead", dead, "/tmp/dead"),
      labelsOf("alive", owner, "/tmp/alive"),
      { "liftlock.rehearsal.world": "unsigned" },
      { "liftlock.rehearsal.world": "forged", "liftlock.rehearsal.owner": "nobody" },
      { "com.docker.compose.project": "somebody's" },
      {},
    ];
    expect(abandoned(labels, here, runs)).toEqual([{ world: "dead", owner: dead, folder: "/tmp/dead" }]);
  });
});

import { describe, expect, test } from "vitest";
import {
  describeMissing,
  lookAround,
  type MachineFacts,
  missingFrom,
  neededPrograms,
} from "../../../../rehearsal/host/container/requirements.ts";

const able: MachineFacts = {
  platform: "linux",
  architecture: "x64",
  isRoot: true,
  programs: [...Object.keys(neededPrograms), "mmdebstrap"],
  hasLoopDevices: true,
  engine: { storageDriver: "overlay2", system: "linux", freeBytes: 50e9 },
  isCached: false,
  cacheFreeBytes: 50e9,
};

const without = (...absent: string[]) => able.programs.filter((program) => !absent.includes(program));

describe("container hosts", () => {
  test("are possible where nothing is missing", () => expect(missingFrom(able)).toEqual([]));

  test.each<[string, Partial<MachineFacts>, RegExp]>([
    ["another system", { platform: "darwin" }, /^nothing$/],
    ["another architecture", { architecture: "arm64" }, /^nothing$/],
    ["no root", { isRoot: false }, /^sudo .*--hosts containers$/],
    ["no mmdebstrap", { programs: without("mmdebstrap") }, /^apt-get install mmdebstrap$/],
    [
      "no file system tools",
      { programs: without("mkfs.ext4", "fallocate") },
      /^apt-get install util-linux e2fsprogs$/,
    ],
    ["no loop devices", { hasLoopDevices: false }, /^modprobe loop$/],
    ["no engine", { engine: { problem: "expected an engine", command: "start it" } }, /^start it$/],
    [
      "an engine of another system",
      { engine: { storageDriver: "overlay2", system: "windows", freeBytes: undefined } },
      /^nothing$/,
    ],
    [
      "a storage driver that copies",
      { engine: { storageDriver: "vfs", system: "linux", freeBytes: 50e9 } },
      /--storage-driver overlay2/,
    ],
    [
      "an engine without space",
      { engine: { storageDriver: "overlay2", system: "linux", freeBytes: 1e9 } },
      /prune/,
    ],
    ["no space to build", { cacheFreeBytes: 1e9 }, /^XDG_CACHE_HOME=/],
  ])("lack one thing: %s", (_, change, command) => {
    const missing = missingFrom({ ...able, ...change });
    expect(missing).toHaveLength(1);
    // Where nothing mends it, no command is named.
    expect(missing[0]?.command ?? "nothing").toMatch(command);
  });

  test("need nothing to build with where the root file system is cached", () =>
    expect(
      missingFrom({ ...able, isCached: true, programs: without("mmdebstrap"), cacheFreeBytes: 0 }),
    ).toEqual([]));

  test("are told everything at once, each with its command", () => {
    const missing = missingFrom({
      ...able,
      isRoot: false,
      programs: without("mmdebstrap"),
      engine: { problem: "no engine", command: "apt-get install docker.io" },
    });
    expect(missing).toHaveLength(3);
    const text = describeMissing(missing);
    for (const { what, command } of missing) expect(text).toContain(`- ${what}\n    ${command}\n`.trim());
  });

  test("are looked for on this machine: an engine that is not there is missing", async () => {
    const facts = await lookAround({ DOCKER_HOST: "unix:///nowhere/docker.sock", PATH: "" });
    expect(facts.programs).toEqual([]);
    expect(facts.engine).toMatchObject({
      problem: expect.stringContaining("/nowhere/docker.sock") as string,
    });
  });

  test("are not looked for on another machine", async () => {
    const { engine } = await lookAround({ DOCKER_HOST: "tcp://192.0.2.1:2375" });
    expect(engine).toMatchObject({ command: "unset DOCKER_HOST" });
  });
});

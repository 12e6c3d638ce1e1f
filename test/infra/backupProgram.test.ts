import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupPayload } from "../../infra/backups.ts";
import { type BackupPlace, startBackupPlace } from "./backupPlace.ts";

// A host with one service and a volume, and a storage; what the stack would have put there.
let place: BackupPlace;

beforeAll(async () => {
  place = await startBackupPlace();
});
afterAll(() => place?.close());

/** `key value` lines of the program, as an object; and how it ended. */
async function program(...words: string[]): Promise<Record<string, string>> {
  const { code, stdout } = await place.execute(`"$HOME/liftlock/shop/backup/run" ${words.join(" ")}`);
  const lines = stdout.split("\n").filter(Boolean);
  return {
    code: String(code),
    ...Object.fromEntries(
      lines.map((line) => [line.split(" ")[0] ?? "", line.split(" ").slice(1).join(" ")]),
    ),
  };
}

const file = (name: string) => join(place.volume(), name);
const left = () => readdirSync(join(place.home, "liftlock", "shop", "backup"));

describe("the program of backups on a host", () => {
  it("backs up a volume, whatever is in its files", async () => {
    writeFileSync(file("a picture"), Buffer.from([0, 1, 2, 255, 10, 13, 39]));
    writeFileSync(file("notes"), "first\n");
    expect(await program("now")).toMatchObject({
      code: "0",
      snapshot: expect.stringMatching(/^[0-9a-f]{8}/),
    });
    expect(left()).not.toContain("work");
  });

  it("proves it", async () => {
    expect(await program("drill")).toMatchObject({ code: "0", volume: "files 3" });
  });

  it("brings it back, and starts what it has stopped", async () => {
    writeFileSync(file("a picture"), "nothing");
    writeFileSync(file("notes"), "second\n");
    expect(await program("restore", "latest", "volume", "files")).toMatchObject({ code: "0", services: "1" });
    expect(readFileSync(file("a picture"))).toEqual(Buffer.from([0, 1, 2, 255, 10, 13, 39]));
    expect(readFileSync(file("notes"), "utf8")).toBe("first\n");
    expect(place.running()).toBe(1);
    expect(left()).not.toContain("held");
  });

  it.each([
    [["restore", "latest", "volume", "others"], "RestoreFailed"],
    [["restore", "latest", "network", "files"], "RestoreFailed"],
    [["restore", "deadbeef", "volume", "files"], "BackupMissing"],
    [["drill", "deadbeef"], "BackupMissing"],
    [["forget"], "BackupFailed"],
  ])("%j is %s, and everything runs", async (words, code) => {
    const said = await program(...words);
    expect(said).toMatchObject({ code: "1", failed: expect.stringMatching(new RegExp(`^${code} `)) });
    expect(place.running()).toBe(1);
    expect(left()).not.toContain("work");
  });

  it("waits for no other, and says that there is one", async () => {
    const lock = join(place.home, "liftlock", "shop", "backup", "lock");
    const [, said] = await Promise.all([
      place.execute(`exec 8>"${lock}"; flock 8; sleep 7`),
      new Promise((resolve) => setTimeout(resolve, 500)).then(() => program("now")),
    ]);
    expect(said).toMatchObject({
      code: "1",
      failed: expect.stringContaining("another backup or drill is under way"),
    });
    expect(left()).not.toContain("failed");
  });

  it("does not begin beside a deployment", async () => {
    const lock = join(place.home, "liftlock", "shop", "lock");
    const [, said] = await Promise.all([
      place.execute(`exec 8>"${lock}"; flock 8; sleep 3`),
      new Promise((resolve) => setTimeout(resolve, 500)).then(() => program("drill")),
    ]);
    expect(said).toMatchObject({ code: "1", failed: "DrillFailed a deployment is at work on this host" });
  });

  it("starts again what a killed restore has held", async () => {
    const [held] = place.containers();
    await place.execute(`docker stop ${held} >/dev/null; echo ${held} >"$HOME/liftlock/shop/backup/held"`);
    expect(place.running()).toBe(0);
    await program("scheduled");
    expect(place.running()).toBe(1);
    expect(left()).not.toContain("held");
  });

  it("is not begun by the timer of a host that has never been backed up, where there are backups", async () => {
    const last = join(place.home, "liftlock", "shop", "backup", "last");
    rmSync(last);
    expect((await program("scheduled"))["failed"]).toContain("of another host than this");
    // An hour is waited, whatever is wrong.
    expect(await program("scheduled")).toEqual({ code: "0" });
    rmSync(join(place.home, "liftlock", "shop", "backup", "failed"));
    expect(await program("now")).toMatchObject({ code: "0" });
    expect(await program("scheduled")).toEqual({ code: "0" });
    writeFileSync(last, readFileSync(last, "utf8").replace(/^at .*/m, "at 0"));
    expect(await program("scheduled")).toMatchObject({ code: "0", snapshot: expect.any(String) });
  });

  it("says so where restic is missing", async () => {
    await place.execute(`printf '#!/bin/sh\\nexit 127\\n' >"$(command -v restic)"`);
    const { failed } = await program("now");
    expect(failed).toMatch(/^BackupFailed restic is not installed on this host/);
  });

  it("is replaced by what is deployed anew, and its settings with it", async () => {
    const input = backupPayload({ ...place.settings, volumes: [] });
    expect((await place.install(input)).code).toBe(0);
    const settings = join(place.home, "liftlock", "shop", "backup", "settings");
    expect(readFileSync(settings, "utf8")).not.toContain("volume");
  });
});

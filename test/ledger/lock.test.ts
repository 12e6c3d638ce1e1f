import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Claim, clear, locked, readClaim } from "../../src/ledger/files/lock.ts";
import { thisProcess } from "../../src/ledger/holder.ts";
import { asFailure } from "../../src/release/failure.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  file = join(directory, "journal.lock");
  return () => rmSync(directory, { recursive: true, force: true });
});

const times = { foreign: 80, patience: 400 };
const foreign = () => JSON.stringify({ id: randomUUID(), machine: "other.example", pid: 1, born: "1" });
const dead = () => JSON.stringify({ id: randomUUID(), machine: hostname(), pid: process.pid, born: "1" });

describe("a lock", () => {
  it.each<[string, string]>([
    ["of another machine", foreign()],
    [
      "of the same name of machine in another pid namespace",
      JSON.stringify({ ...thisProcess(), space: "other" }),
    ],
    ["that a loss of power emptied", ""],
  ])("%s counts until its time is over, then it is void", async (_, content) => {
    writeFileSync(file, content);
    const began = performance.now();
    expect(await locked(file, () => "mine", times)).toBe("mine");
    expect(performance.now() - began).toBeGreaterThan(times.foreign / 2);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("of a dead process of this machine is void at once, for one of several takers at a time", async () => {
    writeFileSync(file, dead());
    let inside = 0;
    const takers = Array.from({ length: 8 }, () =>
      locked(file, () => {
        inside += 1;
        expect(existsSync(file)).toBe(true);
        return inside;
      }),
    );
    expect((await Promise.all(takers)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("whose clearing was cut short by another death is cleared all the same", async () => {
    const left = dead();
    writeFileSync(file, left);
    writeFileSync(`${file}.${JSON.parse(left).id}.void`, dead());
    expect(await locked(file, () => "mine", times)).toBe("mine");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("that a faster taker made after a void one is not removed with it", () => {
    writeFileSync(file, dead());
    const found = readClaim(file) as Claim;
    writeFileSync(file, JSON.stringify(thisProcess()));
    const draft = `${file}.draft`;
    writeFileSync(draft, JSON.stringify(thisProcess()));
    clear(file, draft, found, Date.now(), times.foreign);
    expect(existsSync(file)).toBe(true);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it("of a living process is waited for, and then named", async () => {
    writeFileSync(file, JSON.stringify(thisProcess()));
    const failure = await locked(file, () => "mine", times).then(() => undefined, asFailure);
    expect(failure?.code).toBe("LedgerUnavailable");
    expect(failure?.message).toContain(`pid ${process.pid} on ${hostname()}`);
    expect(readdirSync(directory)).toEqual(["journal.lock"]);
  });

  it("is given back when what it guards fails", async () => {
    await expect(locked(file, () => JSON.parse("{"))).rejects.toThrow(SyntaxError);
    expect(readdirSync(directory)).toEqual([]);
  });
});

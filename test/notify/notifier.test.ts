import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Channel, Outcome } from "../../src/notify/channel.ts";
import { channelsOf } from "../../src/notify/channels.ts";
import { deliveredFile } from "../../src/notify/deliveredFile.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import { retryAfter } from "../../src/notify/post.ts";
import { config, memory, notification } from "./notifications.ts";
import { receiver } from "./receiver.ts";

const quick = { backoff: 1, timeout: 5_000 };
const slackAt = (url: string) => channelsOf(config({ slack: { url } }));

/** A channel that does what it is told to, in turn, and counts. */
function scripted(
  name: string,
  ...outcomes: (Outcome | (() => Promise<Outcome>))[]
): Channel & { calls: string[] } {
  const calls: string[] = [];
  return {
    name,
    calls,
    wants: () => true,
    deliver: ({ transition }) => {
      calls.push(transition);
      const next = outcomes[Math.min(calls.length, outcomes.length) - 1] ?? { delivered: true };
      return typeof next === "function" ? next() : Promise.resolve(next);
    },
  };
}
const busy: Outcome = { delivered: false, problem: "answered 503", again: true };
const never = () => new Promise<Outcome>(() => undefined);

const directories: string[] = [];
const temporary = () => {
  const directory = mkdtempSync(join(tmpdir(), "notify-"));
  directories.push(directory);
  return directory;
};
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

describe("a notifier", () => {
  it("tries again and reports how often", async () => {
    await using there = await receiver(503, 500, 200);
    const notifier = new Notifier(slackAt(there.url), memory(), quick);
    notifier.send(notification());
    expect(await notifier.flush()).toEqual([
      {
        channel: "slack",
        promotion: notification().promotion,
        transition: "completed",
        delivered: true,
        tries: 3,
      },
    ]);
    expect(there.received).toHaveLength(3);
  });

  it("gives up after three tries, and says so without the address", async () => {
    await using there = await receiver(500);
    const notifier = new Notifier(slackAt(there.url), memory(), quick);
    notifier.send(notification());
    const reports = await notifier.flush();
    expect(reports).toMatchObject([{ delivered: false, tries: 3, problem: "answered 500" }]);
    expect(there.received).toHaveLength(3);
    expect(JSON.stringify(reports)).not.toContain("secret-path");
  });

  it("does not try again what will not do better", async () => {
    await using there = await receiver(404);
    const notifier = new Notifier(slackAt(there.url), memory(), quick);
    notifier.send(notification());
    expect(await notifier.flush()).toMatchObject([{ delivered: false, tries: 1, problem: "answered 404" }]);
    expect(there.received).toHaveLength(1);
  });

  it("waits as long as it is asked to, but not longer than its patience", async () => {
    const asked = (after: number) => scripted("a", { ...busy, after }, { delivered: true });
    const [short, long] = [asked(150), asked(5000)];
    const started = performance.now();
    const patient = new Notifier([short], memory(), quick);
    patient.send(notification());
    expect(await patient.flush()).toMatchObject([{ delivered: true, tries: 2 }]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(145);
    const impatient = new Notifier([long], memory(), { ...quick, patience: 1000 });
    impatient.send(notification());
    expect(await impatient.flush()).toMatchObject([{ delivered: false, tries: 1 }]);
  });

  it("tells each transition once, in this run and in the next", async () => {
    await using there = await receiver();
    const record = memory();
    for (let run = 0; run < 2; run++) {
      const notifier = new Notifier(slackAt(there.url), record, quick);
      notifier.send(notification());
      notifier.send(notification());
      notifier.send(notification({ transition: "started" }));
      const reports = await notifier.flush();
      expect(reports).toHaveLength(run === 0 ? 2 : 0);
    }
    expect(there.received).toHaveLength(2);
  });

  it("does not begin again in this run what failed in it", async () => {
    const channel = scripted("a", { delivered: false, problem: "answered 404", again: false });
    const notifier = new Notifier([channel], memory(), quick);
    notifier.send(notification());
    await notifier.flush();
    notifier.send(notification());
    expect(await notifier.flush()).toEqual([]);
    expect(channel.calls).toHaveLength(1);
  });

  it("gives each try its time, then tries again", async () => {
    const channel = scripted("a", never, never, { delivered: true });
    const notifier = new Notifier([channel], memory(), { backoff: 1, timeout: 50 });
    notifier.send(notification());
    expect(await notifier.flush(2000)).toMatchObject([{ delivered: true, tries: 3 }]);
  });

  it("tells in the next run what failed in this one", async () => {
    await using there = await receiver(404, 200);
    const record = memory();
    for (const delivered of [false, true]) {
      const notifier = new Notifier(slackAt(there.url), record, quick);
      notifier.send(notification());
      expect(await notifier.flush()).toMatchObject([{ delivered }]);
    }
  });

  it("tells in the order in which it was sent, a slow first try or not", async () => {
    const channel = scripted("a", busy, { delivered: true });
    const notifier = new Notifier([channel], memory(), quick);
    for (const transition of ["started", "failed", "rolledBack"] as const)
      notifier.send(notification({ transition }));
    await notifier.flush();
    expect(channel.calls).toEqual(["started", "started", "failed", "rolledBack"]);
  });

  it("neither waits for a server that hangs nor lets it hold the others up", async () => {
    await using there = await receiver("never");
    const other = scripted("other");
    const notifier = new Notifier([...slackAt(there.url), other], memory(), { backoff: 1, timeout: 60_000 });
    const started = performance.now();
    notifier.send(notification());
    expect(performance.now() - started).toBeLessThan(10_000);
    const reports = await notifier.flush(300);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(reports).toMatchObject([
      { channel: "other", delivered: true },
      { channel: "slack", delivered: false, tries: 1, problem: "no answer in time" },
    ]);
  });

  it("ends in time whatever a channel or the record does", async () => {
    const deaf = scripted("deaf", never);
    const stuck = { has: () => new Promise<boolean>(() => undefined), add: () => undefined };
    for (const notifier of [
      new Notifier([deaf], memory(), { timeout: 60_000 }),
      new Notifier([scripted("a")], stuck, quick),
    ]) {
      const started = performance.now();
      notifier.send(notification());
      expect(await notifier.flush(100)).toMatchObject([{ delivered: false }]);
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });

  it("tells nothing after its time", async () => {
    const channel = scripted("a", never);
    const notifier = new Notifier([channel], memory(), { timeout: 60_000 });
    notifier.send(notification());
    await notifier.flush(20);
    notifier.send(notification({ transition: "failed" }));
    expect(await notifier.flush()).toMatchObject([
      { delivered: false, tries: 0, problem: "no time was left" },
    ]);
    expect(channel.calls).toEqual(["completed"]);
  });

  it("survives a channel and a record that throw", async () => {
    const broken: Channel = {
      name: "broken",
      wants: () => true,
      deliver: () => {
        throw new TypeError("https://hooks.example.com/secret");
      },
    };
    const record = {
      has: () => {
        throw new TypeError("disk");
      },
      add: () => {
        throw new TypeError("disk");
      },
    };
    const notifier = new Notifier([broken, scripted("fine")], record, quick);
    notifier.send(notification());
    const reports = await notifier.flush();
    expect(reports).toMatchObject([
      { channel: "broken", delivered: false, tries: 1, problem: "a defect of this program" },
      { channel: "fine", delivered: true, problem: "not recorded: it may be told again" },
    ]);
    expect(JSON.stringify(reports)).not.toContain("secret");
  });
});

describe("deliveredFile", () => {
  it("remembers over the end of a process, and takes a line cut short for none", () => {
    const file = join(temporary(), "production", "told");
    const record = deliveredFile(file);
    expect(record.has("aa")).toBe(false);
    void record.add("aa");
    expect(deliveredFile(file).has("aa")).toBe(true);
    writeFileSync(file, `${readFileSync(file, "utf8")}bb`);
    void record.add("cc");
    expect(["aa", "cc", "bbcc"].map((key) => record.has(key))).toEqual([true, true, false]);
  });
});

it.each([
  ["7", 7000],
  ["Wed, 07 Jan 2026 14:48:10 GMT", 10_000],
  ["Wed, 07 Jan 2026 14:00:00 GMT", 0],
  ["soon", undefined],
  [null, undefined],
])("Retry-After %s is %s", (header, milliseconds) => {
  expect(retryAfter(header, Date.parse("2026-01-07T14:48:00Z"))).toBe(milliseconds);
});

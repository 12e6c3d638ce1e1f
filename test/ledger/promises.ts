import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { asFailure, type FailureCode } from "../../src/release/failure.ts";
import { ended, intent, note, started } from "./entries.ts";
import { DriverProcess } from "./process.ts";
import type { Store, StoreKind } from "./stores.ts";

const codeOf = (promise: Promise<unknown>): Promise<FailureCode | "none"> =>
  promise.then(
    () => "none" as const,
    (thrown: unknown) => asFailure(thrown).code,
  );

const request = (promotion: string) => ({ promotion, actor: "octo-dev" });

/** What every ledger promises, whatever it is stored in. */
export function describeLedger({ name, start, missing }: StoreKind): void {
  describe.skipIf(missing !== undefined)(`a ledger in ${name}${missing ? `: ${missing}` : ""}`, () => {
    let store: Store;
    let ledger: Ledger;
    let environments = 0;
    /** An environment that no other test has. */
    const fresh = () => `production-${++environments}`;

    beforeAll(async () => {
      store = await start();
      ledger = store.open();
    });
    afterAll(async () => {
      await ledger.close();
      await store[Symbol.asyncDispose]();
    });

    describe("journal", () => {
      it("gives back what was written, numbered and chained", async () => {
        const environment = fresh();
        await using lease = await ledger.acquire(environment, request("p1"));
        const drafts = [started(lease, "p1"), intent(lease, "p1"), note('ünïcode \u0000 \ud83d\ude80 \\ "')];
        for (const draft of drafts) await ledger.append(environment, draft);
        const entries = await store.open().read(environment);
        expect(entries).toMatchObject(drafts);
        expect(entries.map((e) => e.seq)).toEqual([1, 2, 3]);
        expect(entries.map((e) => e.prev)).toEqual(["0".repeat(64), entries[0]?.hash, entries[1]?.hash]);
        expect((await ledger.read(environment, 2)).map((e) => e.seq)).toEqual([3]);
        expect(await ledger.verify(environment)).toMatchObject({
          entries: 3,
          intact: true,
          problems: [],
          head: { seq: 3 },
        });
      });

      it("is empty, and intact, before anything happened", async () => {
        const environment = fresh();
        expect(await ledger.read(environment)).toEqual([]);
        expect(await ledger.open(environment)).toBeUndefined();
        expect(await ledger.current(environment)).toBeUndefined();
        expect(await ledger.verify(environment)).toMatchObject({ entries: 0, intact: true, problems: [] });
      });

      it("knows the newest promotion that never ended", async () => {
        const environment = fresh();
        await using lease = await ledger.acquire(environment, request("p1"));
        await ledger.append(environment, started(lease, "p1"));
        await ledger.append(environment, ended(lease, "p1"));
        expect(await ledger.open(environment)).toBeUndefined();
        await ledger.append(environment, started(lease, "p2", 6));
        await ledger.append(environment, intent(lease, "p2", "deploy", 6));
        expect(await ledger.open(environment)).toMatchObject({
          entry: "started",
          promotion: "p2",
          attempt: 6,
        });
      });

      it.each<[string, object]>([
        ["an unknown key", { ...note(), colour: "red" }],
        ["a time that is none", { ...note(), time: "yesterday" }],
        [
          "an override without a reason",
          { entry: "override", time: note().time, actor: "octo-dev", gate: "soak" },
        ],
        ["a step without a fence", { ...intent({ fence: 1 }, "p"), fence: undefined }],
        ["an entry that is none", { ...note(), entry: "gossip" }],
      ])("refuses %s", async (_, draft) => {
        const environment = fresh();
        expect(await codeOf(ledger.append(environment, draft as never))).toBe("Unexpected");
        expect(await ledger.read(environment)).toEqual([]);
      });

      it.each(["../production", "", "Production", "a/b", "x".repeat(64)])(
        "refuses %j as an environment",
        async (environment) => {
          expect(await codeOf(ledger.append(environment, note()))).toBe("StackUnknown");
          expect(await codeOf(ledger.read(environment))).toBe("StackUnknown");
          expect(await codeOf(ledger.acquire(environment, request("p")))).toBe("StackUnknown");
        },
      );

      it("keeps the order of many writers at once", async () => {
        const environment = fresh();
        const writers = [ledger, store.open(), store.open()];
        const texts = Array.from({ length: 30 }, (_, i) => `note ${i}`);
        const written = await Promise.all(
          texts.map((text, i) => (writers[i % writers.length] ?? ledger).append(environment, note(text))),
        );
        expect(written.map((e) => e.seq).toSorted((a, b) => a - b)).toEqual(texts.map((_, i) => i + 1));
        expect((await ledger.verify(environment)).problems).toEqual([]);
        await Promise.all(writers.slice(1).map((writer) => writer.close()));
      });

      it("keeps the order of two processes at once", async ({ skip }) => {
        if (!store.address) return skip("no other process can reach it");
        const environment = fresh();
        const processes = await Promise.all([0, 1].map(() => DriverProcess.start(store.address as never)));
        const count = 40;
        const seqs = await Promise.all(
          processes.map(async (driver) => {
            driver.tell({ do: "notes", environment, count });
            const seen: number[] = [];
            for (;;) {
              const answer = await driver.answer();
              if (!("done" in answer)) throw new TypeError(answer.message);
              if (answer.done === 0) return seen;
              seen.push(answer.done);
            }
          }),
        );
        for (const driver of processes) driver[Symbol.dispose]();
        expect(seqs.flat().toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 2 * count }, (_, i) => i + 1),
        );
        expect(await ledger.verify(environment)).toMatchObject({ entries: 2 * count, problems: [] });
      });

      it("keeps every acknowledged entry of a driver that is killed", async ({ skip }) => {
        if (!store.address) return skip("no other process can reach it");
        const environment = fresh();
        const acknowledged: number[] = [];
        for (let round = 0; round < 3; round++) {
          using driver = await DriverProcess.start(store.address);
          driver.tell({ do: "notes", environment, count: 100_000 });
          for (let count = Math.ceil(Math.random() * 12); count > 0; count--) {
            const answer = await driver.answer();
            if (!("done" in answer)) throw new TypeError(answer.message);
            acknowledged.push(answer.done);
          }
          // Anywhere in the next append, or the one after it.
          await sleep(Math.random() * 4);
          await driver.kill();
          await ledger.append(environment, note("the next driver"));
        }
        const seqs = (await ledger.read(environment)).map((e) => e.seq);
        expect(acknowledged.filter((seq) => !seqs.includes(seq))).toEqual([]);
        expect((await ledger.verify(environment)).problems).toEqual([]);
      });
    });

    it("writes nothing twice when the answer to a commit is lost", async ({ skip }) => {
      if (!store.loseAnswers) return skip("nothing can be lost here");
      const environment = fresh();
      await ledger.append(environment, note("one"));
      const left = store.loseAnswers(1);
      expect((await ledger.append(environment, note("two"))).seq).toBe(2);
      expect(left()).toBe(0);
      expect(await ledger.read(environment)).toHaveLength(2);
      store.loseAnswers(1);
      await using lease = await ledger.acquire(environment, request("p1"));
      expect(left()).toBe(0);
      expect(lease).toMatchObject({ fence: 1, abandoned: undefined });
      await lease.verify();
    });

    describe("tampering", () => {
      const write = async (environment: string) => {
        for (const text of ["one", "two", "three", "four", "five"])
          await ledger.append(environment, note(text));
      };
      it.each<[string, (lines: string[]) => string[], string[]]>([
        [
          "edited",
          (lines) => lines.map((line, i) => (i === 2 ? line.replace("three", "drei") : line)),
          ["edited"],
        ],
        ["dropped", (lines) => lines.toSpliced(2, 1), ["dropped"]],
        ["dropped first", (lines) => lines.slice(1), ["dropped"]],
        ["dropped last", (lines) => lines.slice(0, -1), ["truncated"]],
        ["dropped altogether", () => [], ["truncated"]],
        ["reordered", ([a, b, c, ...rest]) => [a, c, b, ...rest] as string[], ["reordered"]],
        ["duplicated", ([a, b, ...rest]) => [a, b, b, ...rest] as string[], ["duplicate"]],
      ])("an entry that was %s is found", async (_, change, kinds) => {
        const environment = fresh();
        await write(environment);
        await store.tamper(environment, change);
        const report = await ledger.verify(environment);
        expect(report.intact).toBe(false);
        expect(report.problems.map((p) => p.kind)).toEqual(kinds);
        expect(await codeOf(ledger.read(environment))).toBe("LedgerCorrupted");
        expect(await codeOf(ledger.prune(environment, new Date(), "octo-dev"))).toBe("LedgerCorrupted");
      });

      it("stops writing when the end is not what was written", async () => {
        const environment = fresh();
        await write(environment);
        await store.tamper(environment, (lines) => lines.slice(0, -1));
        expect(await codeOf(ledger.append(environment, note()))).toBe("LedgerCorrupted");
      });
    });

    describe("lease", () => {
      it("is held by one at a time, and says by whom", async () => {
        const environment = fresh();
        const other = store.open();
        {
          await using lease = await ledger.acquire(environment, request("p1"));
          await lease.verify();
          expect(lease).toMatchObject({ fence: 1, held: true, abandoned: undefined });
          expect(await other.current(environment)).toMatchObject({
            promotion: "p1",
            pid: process.pid,
            fence: 1,
          });
          expect(await codeOf(other.acquire(environment, request("p2")))).toBe("PromotionInProgress");
        }
        expect(await other.current(environment)).toBeUndefined();
        await using second = await other.acquire(environment, request("p2"));
        expect(second.fence).toBe(2);
        expect(second.abandoned).toBeUndefined();
        await second[Symbol.asyncDispose]();
        await other.close();
        expect(await ledger.read(environment)).toEqual([]);
      });

      it("goes to exactly one of several at once, round after round", async () => {
        const environment = fresh();
        const ledgers = [ledger, store.open(), store.open(), store.open()];
        for (let round = 1; round <= 15; round++) {
          const results = await Promise.allSettled(
            ledgers.map((each, i) => each.acquire(environment, request(`p${round}-${i}`))),
          );
          const [winner, ...others] = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
          expect(others).toEqual([]);
          expect(winner?.fence).toBe(round);
          if (round % 3 === 0) await winner?.[Symbol.asyncDispose]();
          else await store.expire(environment);
        }
        await Promise.all(ledgers.slice(1).map((each) => each.close()));
      });

      it("is taken over when nobody renewed it; the old holder can write no more", async () => {
        const environment = fresh();
        const other = store.open();
        await using first = await ledger.acquire(environment, request("p1"));
        await ledger.append(environment, started(first, "p1"));
        await store.expire(environment);
        await using second = await other.acquire(environment, request("p2"));
        expect(second.fence).toBe(first.fence + 1);
        expect(second.abandoned).toMatchObject({ promotion: "p1" });
        expect(await codeOf(ledger.append(environment, intent(first, "p1")))).toBe("LeaseLost");
        expect(await codeOf(first.verify())).toBe("LeaseLost");
        expect(first.held).toBe(false);
        await other.append(environment, intent(second, "p2"));
        // A remark needs no lease.
        await ledger.append(environment, note());
        const entries = await other.read(environment);
        expect(entries.map((e) => e.entry)).toEqual(["started", "lock", "intent", "note"]);
        expect(entries[1]).toMatchObject({ from: { promotion: "p1" }, promotion: "p2", forced: false });
        await second[Symbol.asyncDispose]();
        // Giving back what is another's must not free it, nor lower the numbers.
        await first[Symbol.asyncDispose]();
        await using third = await other.acquire(environment, request("p3"));
        expect(third.fence).toBe(3);
        expect(await codeOf(ledger.append(environment, intent(first, "p1")))).toBe("LeaseLost");
        await third[Symbol.asyncDispose]();
        await other.close();
      });

      it("may be taken from a driver that is alive, with a reason; that driver is told", async () => {
        const environment = fresh();
        const quick = store.open(300);
        await using first = await quick.acquire(environment, request("p1"));
        const lost = new Promise((resolve) => first.lost.addEventListener("abort", resolve));
        await using second = await ledger.acquire(environment, {
          ...request("p2"),
          takeOver: { why: "the driver hangs" },
        });
        await lost;
        expect(asFailure(first.lost.reason).code).toBe("LeaseLost");
        expect(first.held).toBe(false);
        expect(second.held).toBe(true);
        expect(await ledger.read(environment)).toMatchObject([
          { entry: "lock", forced: true, why: "the driver hangs", fence: second.fence },
        ]);
        await first[Symbol.asyncDispose]();
        await quick.close();
      });

      it("ends with its time when the driver is gone without a word", async ({ skip }) => {
        if (!store.address) return skip("no other process can reach it");
        const environment = fresh();
        using driver = await DriverProcess.start(store.address, 900);
        await driver.ask({ do: "acquire", environment });
        // Stopped before its first renewal, 150 ms after it began.
        driver.child.kill("SIGSTOP");
        const began = Date.now();
        const reader = store.open(900);
        while (await reader.current(environment)) await sleep(50);
        expect(Date.now() - began).toBeLessThan(15_000);
        await reader.close();
      });

      it("is renewed by itself for as long as it is held", async () => {
        const environment = fresh();
        const quick = store.open(900);
        await using lease = await quick.acquire(environment, request("p1"));
        await sleep(2000);
        expect(lease.held).toBe(true);
        await lease.verify();
        expect(await quick.current(environment)).toMatchObject({ promotion: "p1" });
        await lease[Symbol.asyncDispose]();
        expect(await codeOf(lease.verify())).toBe("LeaseLost");
        await quick.close();
      });

      it("of a process that stands still is taken; when it goes on it is refused", async ({ skip }) => {
        if (!store.address) return skip("no other process can reach it");
        const environment = fresh();
        // Its own renewals are far apart: it is not stopped in the middle of one.
        using driver = await DriverProcess.start(store.address);
        expect(await driver.ask({ do: "acquire", environment })).toEqual({ done: 1 });
        expect(await driver.ask({ do: "intent", environment })).toEqual({ done: 1 });
        driver.child.kill("SIGSTOP");
        expect(await codeOf(ledger.acquire(environment, request("p2")))).toBe("PromotionInProgress");
        await store.expire(environment);
        await using lease = await ledger.acquire(environment, request("p2"));
        expect(lease.fence).toBe(2);
        driver.child.kill("SIGCONT");
        expect(await driver.ask({ do: "intent", environment })).toMatchObject({ failed: "LeaseLost" });
      });

      it("of a process of this machine that was killed is free at once", async ({ skip }) => {
        if (!store.address) return skip("no other process can reach it");
        const environment = fresh();
        using driver = await DriverProcess.start(store.address);
        await driver.ask({ do: "acquire", environment });
        expect(await codeOf(ledger.acquire(environment, request("p2")))).toBe("PromotionInProgress");
        await driver.kill();
        expect(await ledger.current(environment)).toBeUndefined();
        await using lease = await ledger.acquire(environment, request("p2"));
        expect(lease.abandoned?.pid).toBe(driver.child.pid);
      });

      it("is not had with a number that was never given", async () => {
        const environment = fresh();
        expect(await codeOf(ledger.append(environment, intent({ fence: 1 }, "p")))).toBe("LeaseLost");
        await using lease = await ledger.acquire(environment, request("p1"));
        for (const fence of [0, lease.fence - 1, lease.fence + 1])
          expect(await codeOf(ledger.append(environment, intent({ fence }, "p")))).toBe("LeaseLost");
      });
    });

    describe("retention", () => {
      const long = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString();

      it("removes what is older, keeps the rest provable and what is in force in force", async () => {
        const environment = fresh();
        const veto = {
          entry: "veto",
          actor: "octo-dev",
          releaseId: "0123456789ab",
          version: "1.6.0",
        } as const;
        await ledger.append(environment, note("old", { time: long(400) }));
        await ledger.append(environment, { ...veto, time: long(390), why: "it crashed" });
        await ledger.append(environment, note("old too", { time: long(380) }));
        await ledger.append(environment, note("young"));
        const before = new Date(long(365));
        expect(await ledger.prune(environment, before, "retention")).toEqual({ removed: 3, through: 3 });
        const entries = await ledger.read(environment);
        expect(entries).toMatchObject([
          { seq: 4, text: "young" },
          { seq: 5, entry: "veto", why: "it crashed", actor: "octo-dev", carried: { seq: 2 } },
          { seq: 6, entry: "pruned", actor: "retention", through: { seq: 3 } },
        ]);
        expect(await ledger.verify(environment)).toMatchObject({
          intact: true,
          problems: [],
          checkpoint: { seq: 3 },
        });
        expect(await ledger.prune(environment, before, "retention")).toEqual({ removed: 0 });
        expect((await ledger.append(environment, note())).seq).toBe(7);
        expect(await ledger.prune(environment, new Date(Date.now() + 1000), "retention")).toMatchObject({
          removed: 4,
        });
        expect(await ledger.verify(environment)).toMatchObject({ intact: true, checkpoint: { seq: 7 } });
        await store.tamper(environment, (lines) => lines.slice(1));
        expect((await ledger.verify(environment)).intact).toBe(false);
      });

      it("keeps a promotion that never ended", async () => {
        const environment = fresh();
        await using lease = await ledger.acquire(environment, request("p1"));
        await ledger.append(environment, note("old", { time: long(400) }));
        await ledger.append(environment, { ...started(lease, "p1"), time: long(390) });
        await ledger.append(environment, note("old", { time: long(380) }));
        expect(await ledger.prune(environment, new Date(long(365)), "retention")).toMatchObject({
          through: 1,
        });
        expect(await ledger.open(environment)).toMatchObject({ promotion: "p1" });
      });
    });

    describe("a repair", () => {
      const by = { actor: "octo-dev", why: "a person looked" };
      const edited = (lines: string[]) => lines.map((line) => line.replace('"two"', '"zwei"'));

      it("goes on behind what is broken, and leaves it as it was found", async () => {
        const environment = fresh();
        for (const text of ["one", "two", "three"]) await ledger.append(environment, note(text));
        await store.tamper(environment, edited);
        expect(await codeOf(ledger.read(environment))).toBe("LedgerCorrupted");
        const entry = await ledger.repair(environment, by);
        expect(entry).toMatchObject({ entry: "repaired", seq: 4, ...by, lines: 3 });
        expect((await ledger.append(environment, note("four"))).seq).toBe(5);
        expect(await ledger.read(environment)).toMatchObject([
          { seq: 1, text: "one" },
          { seq: 3, text: "three" },
          { seq: 4, entry: "repaired" },
          { seq: 5, text: "four" },
        ]);
        expect(await ledger.verify(environment)).toMatchObject({
          intact: true,
          repairs: [{ seq: 4, problems: [{ kind: "edited", seq: 2, line: 2 }] }],
        });
        await using lease = await ledger.acquire(environment, request("p1"));
        expect((await ledger.append(environment, started(lease, "p1"))).seq).toBe(6);
        await store.tamper(environment, (lines) => lines.map((line) => line.replace("zwei", "two")));
        expect(await ledger.verify(environment)).toMatchObject({ intact: false });
      });

      it("of lost last entries gives none of their numbers again", async () => {
        const environment = fresh();
        for (const text of ["one", "two", "three"]) await ledger.append(environment, note(text));
        await store.tamper(environment, (lines) => lines.slice(0, 1));
        expect(await ledger.repair(environment, by)).toMatchObject({
          seq: 4,
          expected: { seq: 3 },
          found: { seq: 1 },
        });
        expect(await ledger.verify(environment)).toMatchObject({ intact: true, head: { seq: 4 } });
      });

      it("of everything that is gone", async () => {
        const environment = fresh();
        for (const text of ["one", "two"]) await ledger.append(environment, note(text));
        await store.tamper(environment, () => []);
        expect(await ledger.repair(environment, by)).toMatchObject({ seq: 3, lines: 0 });
        expect(await ledger.append(environment, note())).toMatchObject({ seq: 4 });
        expect((await ledger.verify(environment)).intact).toBe(true);
      });

      it("does nothing where nothing is broken", async () => {
        const environment = fresh();
        expect(await ledger.repair(environment, by)).toBeUndefined();
        await ledger.append(environment, note());
        expect(await ledger.repair(environment, by)).toBeUndefined();
        expect(await ledger.read(environment)).toHaveLength(1);
      });

      it("is refused while somebody holds the environment", async () => {
        const environment = fresh();
        await ledger.append(environment, note("two"));
        await store.tamper(environment, edited);
        await using lease = await ledger.acquire(environment, request("p1"));
        expect(lease.held).toBe(true);
        expect(await codeOf(ledger.repair(environment, by))).toBe("PromotionInProgress");
      });

      it("goes with retention, and with it what it covers", async () => {
        const environment = fresh();
        for (const text of ["one", "two", "three"]) await ledger.append(environment, note(text));
        await store.tamper(environment, (lines) => edited([...lines, "no entry"]));
        const repaired = await ledger.repair(environment, by);
        expect(await ledger.prune(environment, new Date(Date.now() + 1000), "retention")).toMatchObject({
          through: repaired?.seq,
        });
        const report = await ledger.verify(environment);
        expect(report).toMatchObject({ intact: true, entries: 1, problems: [] });
        expect(report).not.toHaveProperty("repairs");
        expect(await ledger.read(environment)).toMatchObject([{ entry: "pruned" }]);
      });
    });
  });
}

import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FileLedger } from "../../src/ledger/files/fileLedger.ts";
import { asFailure, type FailureCode } from "../../src/release/failure.ts";
import { intent, next, note, old, started } from "./entries.ts";

const environment = "production";
const request = { promotion: "p1", actor: "octo-dev" };
let directory: string;
let ledger: FileLedger;
const file = (name: string) => join(directory, environment, name);

const codeOf = (promise: Promise<unknown>): Promise<FailureCode | "none"> =>
  promise.then(
    () => "none" as const,
    (thrown: unknown) => asFailure(thrown).code,
  );
const kinds = async () => (await ledger.verify(environment)).problems.map((p) => p.kind);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ledger-"));
  ledger = new FileLedger({ directory, shared: true });
  return () => rmSync(directory, { recursive: true, force: true });
});

describe("files of a ledger", () => {
  it("are for their owner only, and nothing else is left behind", async () => {
    await using lease = await ledger.acquire(environment, request);
    await ledger.append(environment, started(lease, "p1"));
    const names = readdirSync(join(directory, environment)).toSorted();
    expect(names).toEqual(["fence", "journal.head", "journal.jsonl", "lease.json"]);
    for (const name of names) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, environment)).mode & 0o777).toBe(0o700);
  });

  it("show every change of a byte, and every cut", async () => {
    const before = new Date(Date.now() - 1000);
    await ledger.append(environment, note("gone", { time: "2020-01-01T00:00:00Z" }));
    for (const text of ["one \ufffd", "two", "three"]) await ledger.append(environment, note(text));
    await ledger.prune(environment, before, "retention");
    const names = ["journal.jsonl", "journal.head", "journal.checkpoint"];
    const whole = new Map(names.map((name) => [name, readFileSync(file(name))]));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.uint8Array({ maxLength: 1 }),
        fc.constantFrom("over", "in", "cut"),
        async (name, position, byte, how) => {
          const bytes = whole.get(name) ?? Buffer.alloc(0);
          const at = position % (bytes.length + 1);
          const rest = how === "cut" ? [] : [byte, bytes.subarray(how === "over" ? at + 1 : at)];
          const changed = Buffer.concat([bytes.subarray(0, at), ...rest]);
          fc.pre(!changed.equals(bytes));
          writeFileSync(file(name), changed);
          expect(await kinds()).not.toEqual([]);
          writeFileSync(file(name), bytes);
        },
      ),
      { numRuns: 250 },
    );
    expect(await kinds()).toEqual([]);
  });

  it.each(["journal.jsonl", "journal.head", "journal.checkpoint"])("are missed: %s", async (name) => {
    await ledger.append(environment, note("gone", { time: "2020-01-01T00:00:00Z" }));
    await ledger.append(environment, note("stays"));
    await ledger.prune(environment, new Date("2021-01-01"), "retention");
    expect(await kinds()).toEqual([]);
    rmSync(file(name));
    expect((await ledger.verify(environment)).intact).toBe(false);
    expect(await codeOf(ledger.read(environment))).toBe("LedgerCorrupted");
  });

  it("name file and line of what is wrong", async () => {
    for (const text of ["one", "two"]) await ledger.append(environment, note(text));
    writeFileSync(file("journal.jsonl"), readFileSync(file("journal.jsonl"), "utf8").replace("two", "zwei"));
    const failure = await ledger.read(environment).then(() => undefined, asFailure);
    expect(failure).toMatchObject({ code: "LedgerCorrupted", hint: expect.stringContaining("audit verify") });
    expect(failure?.message).toContain("journal.jsonl line 2");
  });
});

describe("a crash", () => {
  it("in the middle of a line: what was never confirmed is moved aside, and that is noted", async () => {
    await ledger.append(environment, note("one"));
    appendFileSync(file("journal.jsonl"), '{"actor":"octo');
    expect(await ledger.verify(environment)).toMatchObject({
      intact: true,
      problems: [{ kind: "torn", line: 2 }],
    });
    expect(await ledger.read(environment)).toHaveLength(1);
    await ledger.append(environment, note("two"));
    expect(await kinds()).toEqual([]);
    expect(await ledger.read(environment)).toMatchObject([
      { text: "one" },
      { entry: "note", text: expect.stringContaining("journal.torn") },
      { text: "two" },
    ]);
    expect(readFileSync(file("journal.torn"), "utf8")).toBe('{"actor":"octo\n');
  });

  it("that cut a confirmed line short is damage", async () => {
    for (const text of ["one", "two"]) await ledger.append(environment, note(text));
    truncateSync(file("journal.jsonl"), statSync(file("journal.jsonl")).size - 1);
    expect(await kinds()).toEqual(["torn", "truncated"]);
    expect(await codeOf(ledger.append(environment, note()))).toBe("LedgerCorrupted");
    expect(existsSync(file("journal.torn"))).toBe(false);
  });

  it("between entry and head is mended by the next entry", async () => {
    await ledger.append(environment, note("one"));
    const head = readFileSync(file("journal.head"));
    await ledger.append(environment, note("two"));
    writeFileSync(file("journal.head"), head);
    expect(await kinds()).toEqual([]);
    expect((await ledger.append(environment, note("three"))).seq).toBe(3);
    expect(await ledger.verify(environment)).toMatchObject({ problems: [], head: { seq: 3 } });
  });

  it.each(["confirmed", "cut"])(
    "of retention, when its cut was %s, is finished by the next one",
    async (when) => {
      const time = "2020-01-01T00:00:00Z";
      for (const text of ["one", "two"]) await ledger.append(environment, note(text, { time }));
      await ledger.append(environment, note("three"));
      const early = readFileSync(file("journal.jsonl"), "utf8");
      await ledger.prune(environment, new Date("2021-01-01"), "retention");
      const cut = readFileSync(file("journal.jsonl"), "utf8");
      // As it lay there before the last of its steps.
      writeFileSync(file("journal.jsonl"), early + cut.slice(cut.indexOf("\n") + 1));
      if (when === "confirmed") rmSync(file("journal.checkpoint"));
      expect(await kinds()).toEqual([]);
      expect(await ledger.prune(environment, new Date("2021-01-01"), "retention")).toMatchObject({
        removed: 2,
      });
      expect(await kinds()).toEqual([]);
      expect(await ledger.read(environment)).toHaveLength(3);
    },
  );

  it("that left a lock of a dead process of this machine holds nobody up at all", async () => {
    await ledger.append(environment, note("one"));
    const dead = { id: randomUUID(), machine: hostname(), pid: process.pid, born: "1" };
    writeFileSync(file("journal.lock"), JSON.stringify(dead));
    const others = [1, 2, 3, 4].map((n) => ledger.append(environment, note(`at once ${n}`)));
    await Promise.all(others);
    expect(await kinds()).toEqual([]);
    expect(readdirSync(join(directory, environment)).toSorted()).toEqual(["journal.head", "journal.jsonl"]);
  });
});

describe("a place that cannot be written", () => {
  it("is LedgerUnavailable, and a lease there is lost once its time is over", async () => {
    const quick = new FileLedger({ directory, shared: true, leaseTime: 240 });
    await using lease = await quick.acquire(environment, request);
    const lost = new Promise((resolve) => lease.lost.addEventListener("abort", resolve));
    renameSync(join(directory, environment), join(directory, "away"));
    writeFileSync(join(directory, environment), "not a directory");
    expect(await codeOf(quick.append(environment, note()))).toBe("LedgerUnavailable");
    expect(await codeOf(lease.verify())).toBe("LedgerUnavailable");
    expect(lease.held).toBe(true);
    await lost;
    expect(await codeOf(lease.verify())).toBe("LeaseLost");
  });
});

describe("the fencing number", () => {
  it("is found again in the journal when its file is lost", async () => {
    await (await ledger.acquire(environment, request))[Symbol.asyncDispose]();
    const second = await ledger.acquire(environment, request);
    await ledger.append(environment, intent(second, "p1"));
    await second[Symbol.asyncDispose]();
    rmSync(file("fence"));
    await using third = await ledger.acquire(environment, request);
    expect(third.fence).toBe(3);
  });

  it("that is no number is refused", async () => {
    await (await ledger.acquire(environment, request))[Symbol.asyncDispose]();
    writeFileSync(file("fence"), "many");
    expect(await codeOf(ledger.acquire(environment, request))).toBe("LedgerCorrupted");
  });
});

describe("a ledger of the time before the chain", () => {
  const line = (entry: object) =>
    JSON.stringify({
      time: "2026-01-02T03:04:05.000Z",
      promotion: "p0",
      environment,
      kind: "deploy",
      actor: "octo-dev@machine",
      ...entry,
    });
  const lines = [
    line({ entry: "started", release: next, previous: old, attempt: 4 }),
    line({ entry: "intent", step: "deploy", attempt: 4 }),
  ];
  beforeEach(() => {
    mkdirSync(join(directory, environment));
    writeFileSync(file("journal.jsonl"), `${lines.join("\n")}\n`);
  });

  it("is read, and reported as unproven", async () => {
    expect(await ledger.open(environment)).toMatchObject({ promotion: "p0", attempt: 4, v: 0, seq: 0 });
    expect(await ledger.verify(environment)).toMatchObject({ intact: true, problems: [{ kind: "legacy" }] });
  });

  it("is adopted by the first entry of the chain, and what happens to it from then on is found", async () => {
    await ledger.append(environment, note("first"));
    expect((await ledger.read(environment)).map((e) => e.entry)).toEqual([
      "started",
      "intent",
      "adopted",
      "note",
    ]);
    expect(await kinds()).toEqual(["legacy"]);
    const whole = readFileSync(file("journal.jsonl"), "utf8");
    for (const change of [
      whole.replace('"attempt":4', '"attempt":3'),
      whole.slice(whole.indexOf("\n") + 1),
    ]) {
      writeFileSync(file("journal.jsonl"), change);
      expect((await ledger.verify(environment)).intact).toBe(false);
    }
  });

  it("goes with the entry that adopted it", async () => {
    await ledger.append(environment, note("old", { time: "2026-01-03T00:00:00Z" }));
    await ledger.append(environment, { entry: "lifted", time: "2026-01-03T00:00:00Z", actor: "octo-dev" });
    // Its promotion never ended: it stays until that is mended.
    expect(await ledger.prune(environment, new Date(), "retention")).toEqual({ removed: 0 });
  });

  it("that is no journal at all is refused", async () => {
    writeFileSync(file("journal.jsonl"), "colour = red\n");
    expect(await codeOf(ledger.append(environment, note()))).toBe("LedgerCorrupted");
    expect(await codeOf(ledger.read(environment))).toBe("LedgerCorrupted");
  });

  it("may still have a lease, which counts", async () => {
    const holder = { id: "1", user: "octo-dev", machine: "other.example", pid: 1, born: "", promotion: "p0" };
    const time = new Date().toISOString();
    writeFileSync(file("lease.json"), JSON.stringify({ ...holder, since: time, renewed: time }));
    expect(await codeOf(ledger.acquire(environment, request))).toBe("PromotionInProgress");
    utimesSync(file("lease.json"), Date.now() / 1000 - 61, Date.now() / 1000 - 61);
    await using lease = await ledger.acquire(environment, request);
    expect(lease.abandoned).toMatchObject({ machine: "other.example", fence: 0 });
  });
});

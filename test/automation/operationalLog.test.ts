import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeContext } from "../../src/automation/makeContext.ts";
import type { Message, PromotionResult } from "../../src/automation/messages.ts";
import { type LogLine, levelOf, operationalLog } from "../../src/automation/operationalLog.ts";

const start = new Date("2026-03-01T12:00:00.000Z");

const started: Message = {
  code: "promotion.started",
  payload: {
    promotion: "20260301T1200-abcdef",
    kind: "promote",
    environment: "production",
    source: "staging",
    release: { id: "0123456789ab", version: "1.6.1", commit: "c".repeat(40), images: 5 },
    hosts: 2,
  },
};

const result: PromotionResult = {
  promotion: "20260301T1200-abcdef",
  kind: "promote",
  environment: "production",
  status: "Completed",
  release: { id: "0123456789ab", version: "1.6.1" },
  attempt: 3,
  hosts: 2,
  seconds: 12,
  steps: [],
  reports: [],
};

const finished = (change: Partial<PromotionResult> = {}): Message => ({
  code: "promotion.finished",
  payload: { ...result, ...change },
});

const warning = (message: string): Message => ({ code: "warning", payload: { message } });

function place() {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-log-"));
  onTestFinished(() => {
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });
  const logs = join(directory, ".liftlock", "logs");
  const environment = { PULUMI_BACKEND_URL: `file://${directory}` };
  const read = (day: string): LogLine[] =>
    readFileSync(join(logs, `${day}.jsonl`), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as LogLine);
  return { directory, logs, environment, read };
}

function logIn(
  { directory, environment }: ReturnType<typeof place>,
  variables: Record<string, string> = {},
  now = () => start,
) {
  const warnings: string[] = [];
  const log = operationalLog({
    workDirectory: directory,
    environment: { ...environment, ...variables },
    warn: (message) => void warnings.push(message),
    now,
  });
  return { log, warnings };
}

describe("every message is a line", () => {
  test("with time, level, code and what it carries; during a promotion with its id and environment", () => {
    const at = place();
    const { log, warnings } = logIn(at);
    const messages = [warning("before"), started, warning("during"), finished(), warning("after")];
    for (const message of messages) log(message);
    const about = { promotion: "20260301T1200-abcdef", environment: "production" };
    const time = start.toISOString();
    expect(at.read("2026-03-01")).toEqual([
      { time, level: "WARN", code: "warning", payload: { message: "before" } },
      { time, level: "INFO", code: "promotion.started", ...about, payload: started.payload },
      { time, level: "WARN", code: "warning", ...about, payload: { message: "during" } },
      { time, level: "INFO", code: "promotion.finished", ...about, payload: result },
      { time, level: "WARN", code: "warning", payload: { message: "after" } },
    ]);
    expect(warnings).toEqual([]);
  });

  test("whatever stands in it, and whoever else writes", () => {
    const at = place();
    const drivers = [logIn(at), logIn(at)];
    const texts = ["two\nlines", "\u2028", '"}', "ü"];
    for (const text of texts) for (const { log } of drivers) log(warning(text));
    const found = at.read("2026-03-01").map(({ payload }) => payload);
    expect(found).toEqual(texts.flatMap((message) => [{ message }, { message }]));
  });

  test("in files that only their owner reads, one a day", () => {
    const at = place();
    let now = start;
    const { log } = logIn(at, {}, () => now);
    log(warning("one"));
    now = new Date("2026-03-02T00:00:00.000Z");
    log(warning("two"));
    expect(readdirSync(at.logs).toSorted()).toEqual(["2026-03-01.jsonl", "2026-03-02.jsonl"]);
    expect(statSync(at.logs).mode & 0o777).toBe(0o700);
    expect(statSync(join(at.logs, "2026-03-01.jsonl")).mode & 0o777).toBe(0o600);
  });
});

describe("levels", () => {
  const reason = { code: "Unhealthy" as const, message: "api" };
  test.each<[string, Message]>([
    ["DEBUG", { code: "step.started", payload: { step: "copy" } }],
    ["INFO", { code: "step.finished", payload: { step: "copy", seconds: 1, detail: "" } }],
    ["ERROR", { code: "step.failed", payload: { step: "copy", seconds: 1, reason } }],
    [
      "INFO",
      {
        code: "step.failed",
        payload: { step: "approval", seconds: 1, reason: { code: "ApprovalPending", message: "" } },
      },
    ],
    ["WARN", { code: "interrupted", payload: { signal: "SIGINT" } }],
    ["INFO", finished()],
    ["WARN", finished({ status: "Cancelled" })],
    ["ERROR", finished({ status: "Failed", reason })],
    ["ERROR", finished({ status: "RolledBack", reason })],
    ["CRITICAL", finished({ status: "Failed", reason, backReason: { code: "RollbackFailed", message: "" } })],
    [
      "CRITICAL",
      finished({ status: "Failed", reason, backReason: { code: "NoRollbackTarget", message: "" } }),
    ],
  ])("%s: %j", (level, message) => {
    expect(levelOf(message)).toBe(level);
  });
});

describe("retention", () => {
  function withDays(at: ReturnType<typeof place>) {
    mkdirSync(at.logs, { recursive: true });
    for (const name of ["2025-01-01.jsonl", "2026-01-29.jsonl", "2026-01-30.jsonl", "2026-02-28.jsonl"])
      writeFileSync(join(at.logs, name), "{}\n");
    for (const name of ["notes.txt", "2025-01-01.jsonl.bak"]) writeFileSync(join(at.logs, name), "");
  }

  test.each([
    [{}, ["2026-01-30.jsonl", "2026-02-28.jsonl"]],
    [{ LIFTLOCK_LOG_DAYS: "1" }, ["2026-02-28.jsonl"]],
    [{ LIFTLOCK_LOG_DAYS: "31" }, ["2026-01-29.jsonl", "2026-01-30.jsonl", "2026-02-28.jsonl"]],
  ])("%j keeps %j and whatever is not its own", (variables: Record<string, string>, kept) => {
    const at = place();
    withDays(at);
    logIn(at, variables).log(started);
    const expected = [...kept, "2026-03-01.jsonl", "notes.txt", "2025-01-01.jsonl.bak"].toSorted();
    expect(readdirSync(at.logs).toSorted()).toEqual(expected);
  });
});

describe("variables", () => {
  test("off: nothing is written", () => {
    const at = place();
    logIn(at, { LIFTLOCK_LOG: "off" }).log(started);
    expect(existsSync(at.logs)).toBe(false);
  });

  test.each([
    { LIFTLOCK_LOG: "no" },
    { LIFTLOCK_LOG_DAYS: "0" },
    { LIFTLOCK_LOG_DAYS: "-1" },
    { LIFTLOCK_LOG_DAYS: "1e3" },
    { LIFTLOCK_LOG_DAYS: "3651" },
    { LIFTLOCK_LOG_DAYS: "a month" },
    { LIFTLOCK_LOG: "off", LIFTLOCK_LOG_DAYS: "never" },
  ])("%j is refused before anything is done", (variables: Record<string, string>) => {
    const at = place();
    expect(() => logIn(at, variables)).toThrow(
      expect.objectContaining({ code: "ConfigInvalid", fault: "user" }),
    );
    expect(existsSync(at.logs)).toBe(false);
  });
});

test("what cannot be written is told once, and nothing else happens", () => {
  const at = place();
  // A file stands where the directory should be made.
  writeFileSync(join(at.directory, ".liftlock"), "");
  const { log, warnings } = logIn(at);
  for (const message of [started, warning("one"), finished()]) expect(() => log(message)).not.toThrow();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^the operational log is not written: /);
});

describe("in a context", () => {
  function contextIn({ directory, environment }: ReturnType<typeof place>) {
    const told: Message[] = [];
    const context = makeContext({
      workDirectory: directory,
      environment,
      notify: (message) => void told.push(message),
      world: undefined,
      engine: undefined,
    });
    return { context, told };
  }

  test("secrets are masked there as everywhere", () => {
    const at = place();
    const { context, told } = contextIn(at);
    context.secrets.add("ghp_hidden_token");
    context.notify(warning("the registry says ghp_hidden_token"));
    const [file = ""] = readdirSync(at.logs);
    const text = readFileSync(join(at.logs, file), "utf8");
    expect(text).toContain("the registry says [secret]");
    expect(text).not.toContain("ghp_hidden");
    expect(told).toEqual([warning("the registry says [secret]")]);
  });

  test("a message is shown whether or not it can be written", () => {
    const at = place();
    writeFileSync(join(at.directory, ".liftlock"), "");
    const { context, told } = contextIn(at);
    context.notify(started);
    context.notify(warning("one"));
    expect(told.map(({ code }) => code)).toEqual(["promotion.started", "warning", "warning"]);
    expect(told[0]).toEqual(started);
    expect(told[2]).toEqual(warning("one"));
  });
});

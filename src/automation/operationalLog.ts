import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ledgerPlace } from "../ledger/place.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { needsPerson } from "./course.ts";
import type { Message, MessageCode, Notify } from "./messages.ts";

/** How grave a message is, lightest first. */
export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR" | "CRITICAL";

/** One line of the log. */
export interface LogLine {
  /** ISO 8601, UTC. */
  time: string;
  level: LogLevel;
  /** The message's code. */
  code: MessageCode;
  /** Correlation id: the promotion under way. */
  promotion?: string;
  environment?: string;
  payload: Message["payload"];
}

const levels: Readonly<Record<Exclude<MessageCode, "promotion.finished" | "step.failed">, LogLevel>> = {
  "engine.chosen": "DEBUG",
  "engine.installing": "INFO",
  "ledger.local": "DEBUG",
  "gates.judged": "INFO",
  "promotion.started": "INFO",
  "step.started": "DEBUG",
  "step.finished": "INFO",
  "host.started": "DEBUG",
  "host.finished": "INFO",
  "host.failed": "ERROR",
  "failure.report": "ERROR",
  "resume.planned": "INFO",
  "cleanup.deleting": "INFO",
  interrupted: "WARN",
  warning: "WARN",
};

/** How grave a message is: what ended as it should is for information, what only a person can mend is critical. */
export function levelOf(message: Message): LogLevel {
  if (message.code === "step.failed")
    return message.payload.reason.code === "ApprovalPending" ? "INFO" : "ERROR";
  if (message.code !== "promotion.finished") return levels[message.code];
  if (needsPerson(message.payload)) return "CRITICAL";
  switch (message.payload.status) {
    case "Completed":
    case "Pending":
    case "InProgress":
      return "INFO";
    case "Cancelled":
      return "WARN";
    case "Failed":
    case "RolledBack":
      return "ERROR";
  }
}

/** Days for which lines are kept unless `LIFTLOCK_LOG_DAYS` says otherwise. */
const defaultDays = 30;
const mostDays = 3650;
const day = 86_400_000;

type Variables = Readonly<Record<string, string | undefined>>;

const invalid = (message: string, hint: string) =>
  new Failure({ code: "ConfigInvalid", message, hint, fault: "user" });

/** @throws Failure `ConfigInvalid` */
function daysIn({ LIFTLOCK_LOG_DAYS: text }: Variables): number {
  if (!text) return defaultDays;
  const days = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= mostDays) return days;
  throw invalid(
    `expected LIFTLOCK_LOG_DAYS to be a number of days from 1 to ${mostDays}, got "${text}"`,
    `Leave it unset to keep ${defaultDays} days.`,
  );
}

/** @throws Failure `ConfigInvalid` */
function isOff({ LIFTLOCK_LOG: text }: Variables): boolean {
  if (!text || text === "on") return false;
  if (text === "off") return true;
  throw invalid(`expected LIFTLOCK_LOG to be on or off, got "${text}"`, "Leave it unset to keep the log.");
}

const fileOf = (time: string) => `${time.slice(0, 10)}.jsonl`;

/** Removes the files of days before the first one that is kept. */
function prune(directory: string, now: Date, days: number): void {
  const first = fileOf(new Date(now.getTime() - days * day).toISOString());
  for (const name of readdirSync(directory))
    if (/^\d{4}-\d{2}-\d{2}\.jsonl$/.test(name) && name < first)
      rmSync(join(directory, name), { force: true });
}

export interface OperationalLogOptions {
  /** The project: where `Pulumi.yaml` lies. */
  workDirectory: string;
  /** `LIFTLOCK_LOG` and `LIFTLOCK_LOG_DAYS` are read, and what says where the ledger lies. */
  environment: Variables;
  /** Told once, when nothing can be written; nothing is written afterwards. */
  warn: (message: string) => void;
  /** Default: this machine's clock. */
  now?: () => Date;
}

/**
 * The log for operating: every message as a line of JSON in `logs/<yyyy-mm-dd>.jsonl` beside the ledger's files, readable by its owner
 * only, kept for 30 days. It is no evidence (that is the ledger) and nothing waits for it: what cannot be written is told once.
 * The caller masks secrets before: nothing here knows any.
 * @throws Failure `ConfigInvalid` for a variable with another value than the documented ones
 */
export function operationalLog({
  workDirectory,
  environment,
  warn,
  now = () => new Date(),
}: OperationalLogOptions): Notify {
  const days = daysIn(environment);
  if (isOff(environment)) return () => undefined;
  let about: Pick<LogLine, "promotion" | "environment"> = {};
  let directory: string | undefined;
  let broken = false;
  let current = "";

  const write = (line: LogLine): void => {
    directory ??= join(ledgerPlace(workDirectory, environment).directory, "logs");
    const file = fileOf(line.time);
    if (file !== current) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      prune(directory, new Date(line.time), days);
      current = file;
    }
    // In one piece: several drivers may write into the same file.
    appendFileSync(join(directory, file), `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };

  return (message) => {
    if (message.code === "promotion.started") {
      const { promotion, environment: name } = message.payload;
      about = { promotion, environment: name };
    }
    if (!broken)
      try {
        const { code, payload } = message;
        write({ time: now().toISOString(), level: levelOf(message), code, ...about, payload });
      } catch (thrown) {
        broken = true;
        warn(`the operational log is not written: ${asFailure(thrown).message}`);
      }
    if (message.code === "promotion.finished") about = {};
  };
}

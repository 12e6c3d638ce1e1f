import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { Message, Notify, PromotionResult } from "../../automation/messages.ts";
import type { Failure } from "../../release/failure.ts";
import { conclusion } from "./conclusion.ts";
import { duration } from "./line.ts";
import type { Write } from "./plain.ts";
import { stepTitle } from "./words.ts";

/**
 * What GitHub Actions are told beside the log: annotations, outputs of the step, and the job's summary (docs.github.com, "Workflow commands
 * for GitHub Actions"). Values are never announced with `::add-mask::`: everything the driver says is masked already, and a value that is
 * printed in order to be hidden is in the clear wherever output is captured on its way to the runner.
 */
export interface ActionsLog {
  notify: Notify;
  /** A command's result. */
  show: (event: string, result: object, text: string) => void;
  failed: (failure: Pick<Failure, "code" | "message" | "hint">) => void;
}

/** GitHub takes a megabyte of summary from a step, and nothing of a longer one. */
const longest = 500_000;

const escapeText = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string =>
  escapeText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** `::error title=…::…`: one line, whatever the text holds. */
export const annotation = (level: "error" | "warning" | "notice", title: string, text: string): string =>
  `::${level} title=${escapeProperty(title)}::${escapeText(text)}\n`;

/** A value of a step's output; the delimiter is new each time, so that no value can end its own block. */
export function outputLines(values: Readonly<Record<string, string>>, mark = `end-${randomUUID()}`): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}<<${mark}\n${value}\n${mark}\n`)
    .join("");
}

/** Text among Markdown, on one line: what a host said becomes no link, no image and no cell of its own. */
const cell = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/[&<>|`*_[\]!]/g, (character) => `&#${character.charCodeAt(0)};`);

/** A block that shows a text as it is; its fence is longer than any within. */
function block(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${text}\n${fence}`;
}

/** The promotion's course as Markdown: how it ended, each step with its time, and what comes next. */
export function promotionSummary(result: PromotionResult): string {
  const { release, environment, status, steps, reason, promotion } = result;
  const marks: Readonly<Record<string, string>> = { Completed: "✅", RolledBack: "↩️", Pending: "⏳" };
  let since = 0;
  const rows = steps.map(({ name, seconds }) => {
    const row = `| +${duration(since)} | ${cell(stepTitle(name))} | ${duration(seconds)} |`;
    since += seconds;
    return row;
  });
  return [
    `## ${marks[status] ?? "❌"} ${cell(release.version)} → ${cell(environment)}: ${status}`,
    "",
    ...(reason ? [`**${reason.code}**: ${cell(reason.message)}`, ""] : []),
    "| at | step | took |",
    "| --- | --- | --- |",
    ...rows,
    "",
    block(conclusion(result)),
    "",
    `Promotion \`${promotion}\`, release \`${release.id}\`.`,
    "",
  ].join("\n");
}

/** What the steps after this one may ask for. */
export const promotionOutputs = (result: PromotionResult): Record<string, string> => ({
  promotion: result.promotion,
  environment: result.environment,
  status: result.status,
  version: result.release.version,
  release: result.release.id,
  attempt: String(result.attempt),
  runs: result.runs?.version ?? "",
  reason: result.reason?.code ?? "",
  seconds: result.seconds.toFixed(1),
});

/** The plain values of any other result. */
const plainOutputs = (result: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(result).flatMap(([name, value]: [string, unknown]) =>
      ["string", "number", "boolean"].includes(typeof value) ? [[name, String(value)]] : [],
    ),
  );

/** A promotion that ended otherwise than it should; what waits for people is no error. */
function verdict(result: PromotionResult): string | undefined {
  const { status, kind, reason, release, environment } = result;
  const good = status === "Completed" || (status === "RolledBack" && kind === "rollback");
  if (good) return undefined;
  const text = `${release.version} → ${environment}: ${reason?.message ?? status}`;
  const more = reason?.hint === undefined ? text : `${text}\n${reason.hint}`;
  return annotation(status === "Pending" ? "notice" : "error", reason?.code ?? status, more);
}

function annotationOf(message: Message): string | undefined {
  if (message.code === "warning") return annotation("warning", "liftlock", message.payload.message);
  return message.code === "promotion.finished" ? verdict(message.payload) : undefined;
}

/**
 * The run's page, outputs and summary; nothing outside of GitHub Actions.
 * @param environment `GITHUB_ACTIONS`, `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY` are read
 * @param write to a stream that the runner reads: annotations go there
 */
export function actionsLog(
  environment: Readonly<Record<string, string | undefined>>,
  write: Write,
): ActionsLog | undefined {
  if (environment["GITHUB_ACTIONS"] !== "true") return undefined;
  const append = (variable: string, text: string) => {
    const file = environment[variable];
    if (file) appendFileSync(file, text);
  };
  const output = (values: Readonly<Record<string, string>>) => append("GITHUB_OUTPUT", outputLines(values));
  const summary = (text: string) => append("GITHUB_STEP_SUMMARY", `${text.slice(0, longest)}\n`);
  return {
    notify(message) {
      const line = annotationOf(message);
      if (line !== undefined) write(line);
      if (message.code !== "promotion.finished") return;
      output(promotionOutputs(message.payload));
      summary(promotionSummary(message.payload));
    },
    show(event, result, text) {
      output(plainOutputs(result));
      summary(`### liftlock ${event}\n\n${block(text)}\n`);
    },
    failed({ code, message, hint }) {
      const text = hint === undefined ? message : `${message}\n${hint}`;
      write(annotation("error", code, text));
      output({ status: "Failed", reason: code });
      summary(`## ❌ ${code}\n\n${block(text)}\n`);
    },
  };
}

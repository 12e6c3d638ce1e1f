import type { Entry } from "../ledger/entry.ts";
import { oneLine } from "../notify/text.ts";
import { type HostFacts, type HostReading, wasRead } from "../plan/facts.ts";
import { counted } from "../plan/gates/words.ts";
import { shortDigest } from "../release/digest.ts";
import { digestsOf, type Release, releaseId, sameRelease } from "../release/release.ts";
import type { FailureReport, PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";
import { type Moment, timelineOf } from "./timeline.ts";

/** Everything that an incident report is made of; secrets are masked already. */
export interface Incident {
  /** What happened in a few words, as people were told. */
  title: string;
  app: string;
  result: PromotionResult;
  /** Where the release came from, where it was promoted. */
  source?: string;
  /** Who promoted, or went back. */
  who: string;
  /** When it was over. */
  ended: Date;
  /** What the environment did not keep, and the verified release that it is compared with. */
  left: Release;
  good?: Release;
  /** Of this promotion, and of what belongs to it. */
  entries: readonly Entry[];
  hosts: readonly Pick<Target["outputs"]["hosts"][number], "name" | "address">[];
  /** Last look at the hosts. */
  readings: readonly HostReading[];
  /** Tags that follow what runs; empty where none are kept. */
  tags: readonly string[];
  /** Address of the repository, where one is configured. */
  repository?: string;
  /** Page of the workflow run. */
  page?: string;
  /** What to do now, in order; commands to type. */
  todo: readonly string[];
}

/** Foreign text within a line of Markdown: it stays one line and makes no markup. */
const prose = (text: string, limit = 500): string =>
  oneLine(text, limit)
    .replaceAll(/[\\`*<|]/g, "\\$&")
    .replaceAll("](", "]\\(");

/** A line of a log with its indentation, but without what moves a terminal's cursor or turns the writing direction. */
const logLine = (line: string): string =>
  line
    .slice(0, 2000)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, " ")
    .trimEnd();

/** Foreign lines as they are; the fence is longer than any within. */
function fenced(lines: readonly string[]): string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}text`, ...lines.map(logLine), fence];
}

const inSeconds = (seconds: number): string =>
  Math.abs(seconds) < 90
    ? `${seconds.toFixed(1)} s`
    : `${Math.trunc(seconds / 60)} min ${Math.abs(Math.round(seconds % 60))} s`;

const inUtc = (at: Date): string =>
  Number.isNaN(at.getTime()) ? "at no known time" : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;

const named = (release: Release): string =>
  `${release.version} (${releaseId(release)}, commit ${release.commit.slice(0, 7)})`;

const doings: Readonly<Record<PromotionResult["kind"], string>> = {
  promote: "promoted",
  deploy: "deployed",
  rollback: "went back from",
  resume: "resumed the promotion of",
};

/** What, where, when, who, why, how it ended, how long it took. */
function summary(incident: Incident): string {
  const { result, app, source, who, ended, left } = incident;
  const { environment, reason, backReason, runs, recoverySeconds, seconds } = result;
  const began = new Date(ended.getTime() - seconds * 1000);
  const where = `${source === undefined ? "" : ` from ${source}`} ${result.kind === "rollback" ? "in" : "into"} ${environment} of ${app}`;
  return [
    `At ${inUtc(began)} ${prose(who)} ${doings[result.kind]} ${named(left)}${where} (promotion ${prose(result.promotion)}).`,
    reason && `Why it did not stay: **${reason.code}**: ${prose(reason.message)}.`,
    backReason && `Why nothing went back for good: **${backReason.code}**: ${prose(backReason.message)}.`,
    `It ended as **${result.status}** at ${inUtc(ended)}, after ${inSeconds(seconds)}.`,
    runs
      ? `${environment} runs ${runs.version} (${runs.id}), read back from ${counted(result.hosts, "host")}.`
      : `**Nothing that is verified runs in ${environment}.**`,
    recoverySeconds !== undefined &&
      `From the first failure to healthy again: ${inSeconds(recoverySeconds)}.`,
    result.interrupted && "A signal had asked the driver to stop.",
  ]
    .filter(Boolean)
    .join(" ");
}

function timeline({ result, entries, ended }: Incident): string[] {
  const began = new Date(ended.getTime() - result.seconds * 1000);
  const moments = timelineOf(entries, { promotion: result.promotion, began, steps: result.steps });
  const row = ({ at, since, what, took, detail, by }: Moment) =>
    [
      inUtc(at).slice(11),
      inSeconds(since),
      took === undefined ? "" : inSeconds(took),
      prose(what),
      [detail && prose(detail), by && `by ${prose(by)}`].filter(Boolean).join("; "),
    ].join(" | ");
  return [
    "| time | since the start | took | step | |",
    "| --- | ---: | ---: | --- | --- |",
    ...moments.map((moment) => `| ${row(moment)} |`),
  ];
}

/** What the release changed against the one that it is compared with. */
function difference({ left, good, repository }: Incident): string[] {
  if (!good) return ["No earlier verified release is known to compare it with."];
  if (sameRelease(good, left)) return [`Nothing: it has the same digests as ${named(good)}.`];
  const [before, after] = [digestsOf(good), digestsOf(left)];
  const services = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = services.filter((service) => before[service] !== after[service]);
  const commits = good.commit === left.commit ? undefined : `${good.commit}...${left.commit}`;
  const link = commits !== undefined && repository !== undefined ? `: ${repository}/compare/${commits}` : "";
  return [
    `- release: ${named(good)} → ${named(left)}`,
    `- commits: ${commits === undefined ? `both are of ${left.commit}` : `\`${commits}\`${link}`}`,
    ...changed.map(
      (service) => `- ${service}: \`${before[service] ?? "absent"}\` → \`${after[service] ?? "absent"}\``,
    ),
    `- unchanged: ${services.filter((service) => !changed.includes(service)).join(", ") || "none"}`,
  ];
}

function failing({ result }: Incident): string[] {
  if (result.reports.length === 0) return ["No service was reported; the timeline says which step failed."];
  return result.reports.flatMap((report: FailureReport) => [
    `### ${prose(report.service)} on ${prose(report.host)}`,
    "",
    `- exit code: ${report.exitCode ?? "it did not end"}`,
    `- last probe: ${report.probe === undefined ? "none is known" : prose(report.probe)}`,
    "",
    ...(report.log.length === 0 ? ["It logged nothing."] : fenced(report.log)),
    "",
  ]);
}

/** What of a host's containers, and which release their digests are of. */
function containers(facts: HostFacts, { left, good }: Incident): string[] {
  const releases = [good, left].filter((release) => release !== undefined);
  return facts.containers.map(({ service, status, health, digests }) => {
    const of = releases.find((release) => digests.includes(digestsOf(release)[service] ?? ""));
    const which = of?.version ?? (digests.map(shortDigest).join(", ") || "an image without a digest");
    return `- ${prose(service)}: ${prose(status)}${health === undefined ? "" : `, ${prose(health)}`}; ${which}`;
  });
}

function hosts(incident: Incident): string[] {
  return incident.hosts.flatMap(({ name, address }) => {
    const reading = incident.readings.find(({ host }) => host === name);
    const heading = `### ${name} (${address})`;
    if (!reading) return [heading, "", "It was not read.", ""];
    if (!wasRead(reading)) return [heading, "", `It could not be read: ${prose(reading.unreachable)}`, ""];
    const { attempt, phase, release } = reading;
    const recorded = `Attempt ${attempt}, ${phase || "nothing deployed"}${release ? `, ${release.version}` : ""}.`;
    return [heading, "", recorded, "", ...containers(reading, incident), ""];
  });
}

function gates({ result }: Incident): string[] {
  const overridden = result.overridden ?? [];
  if (overridden.length === 0) return ["None was overridden."];
  return overridden.map(({ gate, by, reason }) => `- ${gate}, by ${prose(by)}: ${prose(reason)}`);
}

/** Where the tags point, by the steps that moved them. */
function tags({ tags: kept, result }: Incident): string[] {
  if (kept.length === 0) return ["No tag follows what runs here."];
  const names = kept.map((tag) => `\`${tag}\``).join(", ");
  if (result.remark)
    return [`${names} could not be moved: ${result.remark.code}: ${prose(result.remark.message)}`];
  const last = result.steps.findLast(
    ({ name }) => name === "tag" || name === "retag" || name === "latest",
  )?.name;
  if (last === "retag") return [`${names} point to what ${result.environment} is meant to run again.`];
  return last === undefined
    ? [`${names} were not moved.`]
    : [`${names} may still point to ${result.release.version}, which is not what runs.`];
}

/**
 * An incident report in Markdown: what happened, when, what had changed, what failed and with which words, what runs where, and what
 * to do now. Pure; whatever logs and messages hold, they make no markup.
 */
export function renderIncident(incident: Incident): string {
  const { title, result, page, todo, left, good } = incident;
  const part = (heading: string, lines: readonly string[]) => [
    `## ${heading}`,
    "",
    ...(lines.at(-1) === "" ? lines.slice(0, -1) : lines),
    "",
  ];
  const lines = [
    `# ${prose(title)}`,
    "",
    summary(incident),
    "",
    ...(page === undefined ? [] : [`Workflow run: ${page}`, ""]),
    ...part(
      "What to do now",
      todo.map((line, i) => `${i + 1}. ${line}`),
    ),
    ...part("Timeline", timeline(incident)),
    ...part(
      good ? `What ${left.version} changed against ${good.version}` : `What ${left.version} changed`,
      difference(incident),
    ),
    ...part("What failed", failing(incident)),
    ...part(`What the hosts run (${result.environment})`, hosts(incident)),
    ...part("Gates", gates(incident)),
    ...part("Tags", tags(incident)),
  ];
  return lines.join("\n");
}

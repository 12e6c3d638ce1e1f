import type { MessagePayloads, PromotionResult } from "../../automation/messages.ts";

/** `0.8 s`, `4 min 10 s` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** What a step is called in front of a person. */
export const stepTitle = (step: string): string =>
  ({ candidate: "attempt", revert: "rollback", verifyRevert: "verify", pinRevert: "pin", diagnose: "cause" })[
    step
  ] ?? step;

const width = 96;

/** A step's line: title, what was found, time. */
export function stepLine(title: string, detail: string, seconds?: number): string {
  const text = `  ${title.padEnd(10)} ${detail}`;
  return seconds === undefined ? text : `${text.padEnd(width)} ${duration(seconds).padStart(8)}`;
}

/** The heading of a promotion: what comes, from where, what runs now. */
export function heading(p: MessagePayloads["promotion.started"]): string {
  const release = `${p.release.version} (${p.release.commit.slice(0, 7)}, ${p.release.images} images)`;
  const on = `${p.hosts} host${p.hosts === 1 ? "" : "s"}`;
  const now = p.previous
    ? `${p.environment} runs ${p.previous.version} on ${on}.`
    : `${p.environment} runs nothing yet; it has ${on}.`;
  switch (p.kind) {
    case "promote":
      return `Release ${release} runs in ${p.source ?? "the source"}, verified.\n${now}`;
    case "deploy":
      return `Release ${release} goes to ${p.environment}.\n${now}`;
    case "rollback":
      return `Back to ${release} in ${p.environment}.\n${now}`;
    case "resume":
      return `An interrupted promotion into ${p.environment} is brought to its end: ${release}.`;
  }
}

/** What failed on a host, in its own words. */
export function report(r: MessagePayloads["failure.report"]): string {
  const facts = [
    r.exitCode === undefined ? undefined : `exit code ${r.exitCode}`,
    r.probe && `last probe: ${r.probe}`,
  ];
  const head = `${r.host} · ${r.service}${facts.some(Boolean) ? ` · ${facts.filter(Boolean).join(" · ")}` : ""}`;
  // A service that keeps restarting says the same again and again.
  const lines = r.log.filter((line, i) => !r.log.slice(i + 1).includes(line)).slice(-8);
  return [head, ...lines.map((line) => `| ${line}`)].map((line) => `${" ".repeat(13)}${line}`).join("\n");
}

/** The last lines: what runs now, and the next useful command. */
export function conclusion(r: PromotionResult): string {
  const total = duration(r.seconds);
  const runs = r.runs
    ? `${r.environment} runs ${r.runs.version}`
    : `nothing that is verified runs in ${r.environment}`;
  switch (r.status) {
    case "Completed":
      return [
        `Completed in ${total}. ${runs}${r.previous && r.previous.id !== r.release.id ? ` (was ${r.previous.version})` : ""}.`,
        `Back again:  liftlock rollback ${r.environment}        What happened:  liftlock history ${r.environment}`,
      ].join("\n");
    case "RolledBack":
      return r.kind === "rollback"
        ? `Rolled back in ${total}. ${runs}.\nWhat happened:  liftlock history ${r.environment}`
        : [
            `Rolled back (${r.reason?.code ?? "unknown"}) in ${total}. ${runs}; ${r.release.version} did not come.`,
            ...(r.reason ? [`  ${r.reason.message}`] : []),
            ...(r.recoverySeconds === undefined
              ? []
              : [`First failure to healthy again: ${duration(r.recoverySeconds)}.`]),
          ].join("\n");
    case "Failed":
    case "Cancelled":
    case "Pending":
    case "InProgress":
      return failedConclusion(r, runs, total);
  }
}

function failedConclusion(r: PromotionResult, runs: string, total: string): string {
  const { reason, backReason } = r;
  if (r.kind === "resume" && r.runs && !backReason && reason?.code === "Interrupted")
    return `Withdrawn in ${total}: ${reason.message}. ${runs}.`;
  const lines = [`Failed (${(backReason ?? reason)?.code ?? "unknown"}) after ${total}. ${runs}.`];
  if (reason) lines.push(`  ${reason.code}: ${reason.message}`);
  if (backReason) {
    lines.push(
      `  ${backReason.code}: ${backReason.message}`,
      "",
      `A person is needed. Look:  liftlock status ${r.environment}`,
    );
    lines.push(
      `Then:  liftlock resume ${r.environment}   or   liftlock deploy ${r.environment} --release <file>`,
    );
  } else if (reason?.hint) lines.push(`  ${reason.hint}`);
  return lines.join("\n");
}

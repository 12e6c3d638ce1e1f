import type { MessagePayloads } from "../../automation/messages.ts";
import { counted } from "../../plan/gates/words.ts";

const titles: Readonly<Record<string, string>> = {
  candidate: "attempt",
  repeat: "deploy",
  revert: "rollback",
  verifyRevert: "verify",
  pinRevert: "pin",
  retag: "tags",
  diagnose: "cause",
};

/** What a step is called in front of a person. */
export const stepTitle = (step: string): string => titles[step] ?? step;

/** The heading of a promotion: what comes, from where, what runs now. */
export function heading(p: MessagePayloads["promotion.started"]): string {
  const release = `${p.release.version} (${p.release.commit.slice(0, 7)}, ${p.release.images} images)`;
  const on = counted(p.hosts, "host");
  const now = p.previous
    ? `${p.environment} runs ${p.previous.version} on ${on}.`
    : `${p.environment} runs nothing yet; it has ${on}.`;
  switch (p.kind) {
    case "promote":
      return `Release ${release} runs in ${p.source ?? "the source"}, verified.\n${now}`;
    case "deploy":
      return `Release ${release} goes to ${p.environment}.\n${now}`;
    case "rollback":
      if (p.previous?.id === p.release.id)
        return `${p.environment} is brought back to what is pinned: ${release}, on ${on}.`;
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

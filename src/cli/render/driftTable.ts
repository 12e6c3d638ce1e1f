import type { DriftReport } from "../../automation/messages.ts";
import { counted } from "../../plan/gates/words.ts";
import { codeMarkdown, plainMarkdown, table } from "./markdown.ts";

/** Rows that an issue shows; the whole report is in the command's own output. */
const rowsShown = 200;

/** A drift report as Markdown: what differs, by place, and what can be done about it. Empty when nothing differs. */
export function driftMarkdown({ environment, differences, looked }: DriftReport): string {
  if (differences.length === 0) return "";
  const rows = differences
    .slice(0, rowsShown)
    .map(({ where, resource, what }) => [where, codeMarkdown(resource), plainMarkdown(what)]);
  const left = differences.length - rows.length;
  return [
    `**${plainMarkdown(environment)}** differs from what its stack says in ${counted(differences.length, "place")}. Looked at: ${counted(looked.resources, "resource")}, ${counted(looked.hosts, "host")}, ${counted(looked.images, "image")}.`,
    `${table(["where", "what", "how"], rows)}${left > 0 ? `\n\n… and ${left} more.` : ""}`,
    `Put right: \`liftlock drift ${environment} --correct\`. Accept, for what is at DigitalOcean and GitHub: \`liftlock drift ${environment} --accept --reason "…"\`.`,
  ].join("\n\n");
}

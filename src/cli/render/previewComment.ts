import type { FleetCost, PreviewReport } from "../../automation/preview.ts";
import type { GateVerdict } from "../../plan/gates/gate.ts";
import { describePreview, isUnsafe, type PlannedChange, resourceName } from "../../plan/preview.ts";
import type { Release } from "../../release/release.ts";
import { codeMarkdown, folded, plainMarkdown, table } from "./markdown.ts";
import { migrationsMarkdown } from "./migrations.ts";
import { policyMarkdown } from "./policy.ts";

/** What nobody sees, and by which the comment is found again. */
export const previewMarker = (environment: string): string => `<!-- liftlock:preview:${environment} -->`;

/** Rows of a table, or notes, that are shown before the rest is left to the whole report. */
interface Room {
  changes: number;
  /** Characters of the release notes, all together. */
  notes: number;
}

const verbs: Readonly<Record<string, string>> = {
  create: "➕ create",
  update: "✏️ update",
  delete: "➖ delete",
  replace: "♻️ replace",
  "create-replacement": "♻️ replace",
  "delete-replaced": "♻️ delete the old one",
};

function resourceRow(change: PlannedChange): string[] {
  const name = `${codeMarkdown(resourceName(change.urn))}${isUnsafe(change) ? " ⚠️ **unsafe**" : ""}`;
  const why = change.keys.length > 0 ? change.keys.map(codeMarkdown).join(", ") : "";
  return [verbs[change.op] ?? plainMarkdown(change.op), name, codeMarkdown(change.type), why];
}

function resources({ preview }: PreviewReport, room: number): string {
  if (!preview) return "";
  const summary = `**Resources**: ${describePreview(preview.counts)}`;
  const { changes } = preview;
  if (changes.length === 0) return summary;
  // What is unsafe must not be what is left out.
  const ordered = [...changes].sort((a, b) => Number(isUnsafe(b)) - Number(isUnsafe(a)));
  const shown = ordered.slice(0, room);
  const left = changes.length - shown.length;
  const rows = table(["", "resource", "type", "changed"], shown.map(resourceRow));
  const more = left > 0 ? `\n\n… and ${left} more; all of them are in the whole report.` : "";
  return folded(`${summary.replaceAll("**", "")}`, `${rows}${more}`);
}

const digestOf = (reference: string | undefined): string =>
  reference === undefined ? "–" : codeMarkdown((reference.split("@")[1] ?? reference).slice(0, 19));

/** The commits between two releases, linked where the repository is known. */
function range(repository: string | undefined, before: Release, after: Release): string {
  const commits = `${before.commit.slice(0, 7)}…${after.commit.slice(0, 7)}`;
  return repository ? `[${commits}](${repository}/compare/${before.commit}...${after.commit})` : commits;
}

function images({ release: { before, after }, repository }: PreviewReport): string {
  if (!after) return "**Images**: no release is pinned.";
  const services = [...new Set([...Object.keys(before?.images ?? {}), ...Object.keys(after.images)])].sort();
  const changed = services.filter((service) => before?.images[service] !== after.images[service]);
  if (changed.length === 0) return `**Images**: ${plainMarkdown(after.version)}, unchanged.`;
  const versions = `${before ? `${plainMarkdown(before.version)} → ` : ""}**${plainMarkdown(after.version)}**`;
  const commits = before ? `, ${range(repository, before, after)}` : "";
  const rows = changed.map((service) => [
    codeMarkdown(service),
    digestOf(before?.images[service]),
    digestOf(after.images[service]),
  ]);
  return `**Images**: ${versions}${commits}\n\n${table(["service", "runs", "would run"], rows)}`;
}

function notes({ notes: all }: PreviewReport, room: number): string {
  if (all.length === 0) return "";
  let left = room;
  const parts = all.flatMap(({ version, text }) => {
    // Notes of others are quoted as text: nothing in them may pass for a part of this report.
    const lines = text.split(/\r?\n/).map((line) => `> ${plainMarkdown(line)}`);
    const part = `**${plainMarkdown(version)}**\n\n${lines.join("\n")}`;
    left -= part.length;
    return left < 0 ? [] : [part];
  });
  const missing = all.length - parts.length;
  const more = missing > 0 ? [`… and the notes of ${missing} more, in the whole report.`] : [];
  return folded("Release notes", [...parts, ...more].join("\n\n"));
}

const fleetText = ({ size, dropletSize, loadBalancer, dollars }: FleetCost): string =>
  `${size} × ${plainMarkdown(dropletSize)}${loadBalancer ? " and a load balancer" : ""}, ${dollars === undefined ? "price unknown" : `$${dollars}`}`;

function cost({ cost: { before, after } }: PreviewReport): string {
  if (!before) return `**Cost a month**: ${fleetText(after)}.`;
  if (fleetText(before) === fleetText(after)) return `**Cost a month**: unchanged (${fleetText(after)}).`;
  const known = before.dollars !== undefined && after.dollars !== undefined;
  const difference = known ? (after.dollars ?? 0) - (before.dollars ?? 0) : undefined;
  const told =
    difference === undefined ? "difference unknown" : `${difference < 0 ? "−" : "+"}$${Math.abs(difference)}`;
  return `**Cost a month**: **${told}** (${fleetText(before)} → ${fleetText(after)})`;
}

function checks({ checks: all }: PreviewReport): string {
  return all
    .map(({ name, refusal, detail }) => {
      if (!refusal) return `- ✅ ${plainMarkdown(name)}${detail ? ` (${plainMarkdown(detail)})` : ""}`;
      const hint = refusal.hint === undefined ? "" : `<br>${plainMarkdown(refusal.hint)}`;
      return `- ❌ ${plainMarkdown(name)}: **${refusal.code}** ${plainMarkdown(refusal.message)}${hint}`;
    })
    .join("\n");
}

const marks: Readonly<Record<GateVerdict["status"], string>> = {
  pass: "✅",
  fail: "❌",
  waiting: "⏳",
  overridden: "❗",
  skipped: "➖",
};

function gates({ gates: all }: PreviewReport): string {
  if (all.length === 0) return "";
  const open = all.filter(({ status }) => status === "fail" || status === "waiting").length;
  const rows = all.map(({ gate, status, summary, reason }) => [
    `${marks[status]} ${gate}`,
    plainMarkdown(summary),
    reason ? `**${reason.code}** ${plainMarkdown(reason.message)}` : "",
  ]);
  const title = open === 0 ? "Gates: all open now" : `Gates: ${open} closed now`;
  return folded(title, table(["gate", "found", "why"], rows));
}

/** What it is; and where all of it is, when something is left out. */
function foot({ page }: PreviewReport, room: Room): string {
  const cut = room.changes !== Number.POSITIVE_INFINITY;
  const run =
    page === undefined ? "" : ` [This run](${page})${cut ? " has the whole report as an artifact" : ""}.`;
  return `<sub>What an update to this branch would do; nothing was touched. Updated in place.${run}</sub>`;
}

function render(report: PreviewReport, room: Room): string {
  const refused = report.checks.some(({ refusal }) => refusal !== undefined);
  const parts = [
    previewMarker(report.environment),
    `### ${refused ? "❌" : "🔍"} Preview of ${plainMarkdown(report.environment)} (${plainMarkdown(report.app)})`,
    checks(report),
    policyMarkdown(report.policy),
    migrationsMarkdown(report.migrations, room.changes),
    gates(report),
    images(report),
    notes(report, room.notes),
    resources(report, room.changes),
    cost(report),
    foot(report, room),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The whole report as Markdown, however long. */
export const previewMarkdown = (report: PreviewReport): string =>
  render(report, { changes: Number.POSITIVE_INFINITY, notes: Number.POSITIVE_INFINITY });

/** The report as a comment of at most so many characters: the list of resources and the notes are cut first, and say so. */
export function previewComment(report: PreviewReport, limit: number): string {
  const whole = previewMarkdown(report);
  if (whole.length <= limit) return whole;
  const rooms: Room[] = [200, 100, 50, 10, 0].map((changes) => ({ changes, notes: changes * 80 }));
  const fitting = rooms.map((room) => render(report, room)).find((text) => text.length <= limit);
  if (fitting !== undefined) return fitting;
  const end = "\n\n… the rest is in the whole report.\n";
  // Cut between characters, never within the two halves that make up one.
  return `${whole.slice(0, limit - end.length).replace(/[\ud800-\udbff]$/, "")}${end}`;
}

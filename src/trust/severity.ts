/** How bad a finding is. `unknown` is none of the levels: nobody said. */
export type Severity = "none" | "low" | "medium" | "high" | "critical" | "unknown";

const ranks: Readonly<Record<Severity, number>> = {
  none: 0,
  low: 1,
  medium: 2,
  high: 3,
  critical: 4,
  unknown: 5,
};

/** The worse of two; unknown is worst, because it may be anything. */
export const worse = (a: Severity, b: Severity): Severity => (ranks[a] >= ranks[b] ? a : b);

/** True at or above the threshold, and for what is unknown. */
export const blocks = (severity: Severity, threshold: Severity): boolean =>
  ranks[severity] >= ranks[threshold];

/** The worst of several ratings of one finding; `unknown` only when none of them says anything. */
export const worstOf = (ratings: readonly Severity[]): Severity =>
  ratings
    .filter((r) => r !== "unknown")
    .reduce<Severity | undefined>((a, b) => (a ? worse(a, b) : b), undefined) ?? "unknown";

/** CVSS base score → level: the qualitative scale of CVSS 3 and 4 (none 0, low to 3.9, medium to 6.9, high to 8.9). */
export function severityOfScore(score: unknown): Severity {
  const text = typeof score === "number" ? String(score) : score;
  // Number("") is 0: an empty score says nothing, not "harmless".
  if (typeof text !== "string" || !/^\d{1,2}(\.\d+)?$/.test(text)) return "unknown";
  const value = Number(text);
  if (value > 10) return "unknown";
  if (value >= 9) return "critical";
  if (value >= 7) return "high";
  if (value >= 4) return "medium";
  return value > 0 ? "low" : "none";
}

const names = new Map<string, Severity>([
  ["critical", "critical"],
  ["high", "high"],
  ["important", "high"],
  ["medium", "medium"],
  ["moderate", "medium"],
  ["low", "low"],
  ["negligible", "none"],
  ["info", "none"],
  ["informational", "none"],
  ["none", "none"],
]);

/** A scanner's or an advisory's word for a level, in any case. */
export const severityOfName = (name: unknown): Severity =>
  (typeof name === "string" ? names.get(name.trim().toLowerCase()) : undefined) ?? "unknown";

const levels = new Map<string, Severity>([
  ["error", "high"],
  ["warning", "medium"],
  ["note", "low"],
  ["none", "none"],
]);

/** A SARIF level (SARIF 2.1.0, 3.27.10), for results without a `security-severity`. */
export const severityOfLevel = (level: unknown): Severity =>
  (typeof level === "string" ? levels.get(level) : undefined) ?? "unknown";

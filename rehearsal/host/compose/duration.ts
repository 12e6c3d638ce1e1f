/** Go's durations. */

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s` or `200ms` in milliseconds; nothing for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return text === "0" ? 0 : undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, number = "", unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}

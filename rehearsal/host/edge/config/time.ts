/** Times in configurations. https://docs.haproxy.org/3.0/configuration.html#2.5 */
import { Refused } from "./refusal.ts";

const units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, "": 1 } as const;

/** Milliseconds; without a unit the number is milliseconds. @throws Refused */
export function parseTime(text: string | undefined, what: string): number {
  const [, number, unit = ""] = /^(\d+)([a-z]*)$/.exec(text ?? "") ?? [];
  if (number === undefined) {
    throw new Refused(
      text === undefined
        ? `'${what}' expects an integer value (in milliseconds)`
        : `unexpected character '${text.replace(/^\d+/, "")[0] ?? ""}' in '${what}'`,
    );
  }
  if (!Object.hasOwn(units, unit)) throw new Refused(`unexpected character '${unit[0]}' in '${what}'`);
  return Number(number) * units[unit as keyof typeof units];
}

/** A whole number within limits. @throws Refused */
export function parseNumber(text: string | undefined, what: string, from: number, to: number): number {
  const value = /^\d+$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new Refused(`'${what}' expects a number from ${from} to ${to}, got '${text ?? ""}'`);
}

import { endOf } from "../release/expiry.ts";
import type { Waiver } from "./policy.ts";

/** The instant at which a waiver ends; a date counts to the end of its day (UTC). */
export const waiverEnd = ({ expires }: Waiver): number => endOf(expires);

/** The waivers for a finding in a service: the one that holds now, or else the newest that has ended. */
export function waiverFor(
  id: string,
  service: string,
  waivers: readonly Waiver[],
  now: Date,
): { waiver: Waiver; holds: boolean } | undefined {
  const fitting = waivers
    .filter((w) => w.id.toLowerCase() === id.toLowerCase() && (w.services?.includes(service) ?? true))
    .sort((a, b) => waiverEnd(b) - waiverEnd(a));
  const [longest] = fitting;
  return longest && { waiver: longest, holds: now.getTime() < waiverEnd(longest) };
}

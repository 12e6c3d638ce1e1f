import type { Failure } from "../../release/failure.ts";
import { exitOf, exits } from "../exit.ts";

/**
 * What ended a command: `Refused (SoakTooShort): …` for what was refused, `Unhealthy: …` for what failed, the subject first
 * where several problems are told at once; then what to type next.
 */
export function failureText(failure: Failure): string {
  const { code, message, hint } = failure;
  const [first = "", ...rest] = message.split("\n");
  const head =
    rest.length > 0
      ? `${first.replace(/:$/, "")} (${code}):`
      : exitOf(failure) === exits.refused
        ? `Refused (${code}): ${first}`
        : `${code}: ${first}`;
  return [head, ...rest, ...(hint === undefined ? [] : [`  ${hint}`])].join("\n");
}

/** What a health check found, with haproxy's names and numbers. https://docs.haproxy.org/3.0/management.html#9.1 */

export interface CheckResult {
  status: "L7OK" | "L7STS" | "L7RSP" | "L7TOUT" | "L4CON";
  /** HTTP status, when there was one. */
  code: number | undefined;
  /** Milliseconds. */
  duration: number;
  /** The last word of the server or the system. */
  info: string;
}

/** Numbers that the server state file has for them (`enum healthcheck_status`). */
export const checkNumbers = { L4CON: 8, L7TOUT: 12, L7RSP: 13, L7OK: 15, L7STS: 17 } as const;

export const checkDescriptions = {
  L4CON: "Layer4 connection problem",
  L7TOUT: "Layer7 timeout",
  L7RSP: "Layer7 invalid response",
  L7OK: "Layer7 check passed",
  L7STS: "Layer7 wrong status",
} as const;

/** As in the lines that tell of a change: `Layer7 wrong status, code: 503, info: "…", check duration: 2ms`. */
export function describeCheck({ status, code, info, duration }: CheckResult): string {
  return [
    checkDescriptions[status],
    ...(code === undefined ? [] : [`code: ${code}`]),
    ...(info === "" ? [] : [`info: "${info}"`]),
    `check duration: ${duration}ms`,
  ].join(", ");
}

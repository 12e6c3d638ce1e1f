import type { Unusable } from "../json.ts";
import type { Severity } from "../severity.ts";

/** Something a scanner found in an image. */
export interface Finding {
  /** `CVE-2026-1234`, or a rule's id. */
  id: string;
  severity: Severity;
}

/** What one scan said. */
export interface Report {
  /** When the scan ended, where the report says so. */
  time: Date | undefined;
  /** Open findings; those that the report itself calls fixed or not applicable are left out. */
  findings: readonly Finding[];
}

/** A report, or why it is none, or `undefined` when the document is of another format. */
export type Reading = Report | Unusable | undefined;

/** A time, when it is one. */
export function timeOf(text: unknown): Date | undefined {
  const time = typeof text === "string" && text.length < 50 ? new Date(text) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** The latest of several times. */
export const latest = (times: readonly (Date | undefined)[]): Date | undefined =>
  times.reduce((a, b) => (a && b ? (a > b ? a : b) : (a ?? b)), undefined);

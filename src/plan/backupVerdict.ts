import { spell } from "./gates/words.ts";

/** What is known of an environment's backups, in milliseconds since 1970. */
export interface BackupFacts {
  last: number | undefined;
  failure: { at: number; message: string } | undefined;
  drilled: { at: number; passed: boolean; message?: string | undefined } | undefined;
}

/**
 * What is wrong with backups, in words for people: the newest is older than twice the schedule's period, the last attempt failed, or the
 * last drill did. One that was never made is too old from the beginning.
 * @param period milliseconds between two backups
 */
export function judgeBackups(facts: BackupFacts, period: number, now: number): string[] {
  const { last, failure, drilled } = facts;
  const age = last === undefined ? undefined : now - last;
  const every = `one is due every ${spell(period)}`;
  return [
    ...(age === undefined ? [`there is no backup yet, ${every}`] : []),
    ...(age !== undefined && age > 2 * period ? [`the newest backup is ${spell(age)} old, ${every}`] : []),
    ...(failure && failure.at > (last ?? 0) ? [`the last backup failed: ${failure.message}`] : []),
    ...(drilled && !drilled.passed
      ? [`the last drill failed: ${drilled.message ?? "it does not say why"}`]
      : []),
  ];
}

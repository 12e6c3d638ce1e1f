import { z } from "zod";
import { type SecretForm, secretIn, service, text } from "./values.ts";

/** Backups of what is on the first host and nowhere else. */

const days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

const named = new Map([
  ["hourly", { period: 3600, offset: 0 }],
  ["daily", { period: 86_400, offset: 0 }],
  // As systemd has it: Monday, 00:00.
  ["weekly", { period: 604_800, offset: 4 * 86_400 }],
]);

const calendar = /^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:\*-\*-\* )?([01]\d|2[0-3]):([0-5]\d)(?::00)?$/;

/**
 * How often, and when, a schedule comes: seconds between two times, and from 1970-01-01T00:00Z (a Thursday) to the first.
 * @param text `hourly`, `daily`, `weekly`, `02:30` or `Sun 02:30`, as in systemd's OnCalendar; UTC. Others are nothing.
 */
export function backupSchedule(text: string): { period: number; offset: number } | undefined {
  const [, day, hours, minutes] = calendar.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return named.get(text);
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  if (day === undefined) return { period: 86_400, offset: seconds };
  return { period: 604_800, offset: days.indexOf(day) * 86_400 + seconds };
}

const count = (usual: number) => z.int().min(1).max(1000).default(usual);

const word = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, "expected letters, digits, dots, _ and - only");

const place =
  /^s3:(?:https:\/\/[a-z0-9.-]+|http:\/\/127(?:\.\d{1,3}){3})(?::\d{1,5})?\/[a-z0-9][a-z0-9.-]+(?:\/[A-Za-z0-9._-]+)*$/;

export const backupsIn = (form: SecretForm) =>
  z.strictObject({
    /** restic's repository: `s3:https://fra1.digitaloceanspaces.com/<bucket>/<path>`, or any other S3-compatible storage. One for each environment. */
    repository: z
      .string()
      .regex(place, "expected a repository such as s3:https://fra1.digitaloceanspaces.com/bucket/path"),
    /** Encrypts the backups. Without it none can be read: keep it elsewhere too. */
    password: secretIn(form),
    /** Access key of the storage. */
    accessKey: secretIn(form),
    /** Its secret. */
    secretKey: secretIn(form),
    /** Certificate of the storage's authority in PEM form, where hosts do not trust it anyway. */
    authority: text.optional(),
    /** `hourly`, `daily`, `weekly`, `02:30` or `Sun 02:30`, as systemd writes times; UTC. */
    schedule: z
      .string()
      .refine((given) => backupSchedule(given) !== undefined, {
        error: "expected hourly, daily, weekly, a time such as 02:30 or one such as Sun 02:30",
      })
      .default("daily"),
    /** Of how many days, weeks and months the last backup stays. */
    keep: z
      .strictObject({
        /** Days. */
        daily: count(7),
        /** Weeks, from Monday. */
        weekly: count(5),
        /** Months. */
        monthly: count(12),
      })
      .prefault({}),
    /** Databases, dumped by the `pg_dump` of their own container. */
    databases: z
      .array(
        z.strictObject({
          /** A data service of the compose file. */
          service,
          /** The database. */
          name: word,
          /** Who may read all of it without a password within the container. */
          user: word,
          /** SQL that a drill asks the restored database; its answer must be neither empty, nor false, nor 0. */
          check: text.optional(),
        }),
      )
      .default([]),
    /** Named volumes of the compose file. A volume that a database writes to is none of them: files of a running database are no backup. */
    volumes: z.array(word).default([]),
  });

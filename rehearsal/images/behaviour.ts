/**
 * What an example image does when it runs. The description lies in the image itself, at `/app/service.json`, so that a
 * simulated host and a container that really runs behave alike and every fault of a release travels with its digest.
 */
import { z } from "zod";

/** A rule applies when every variable listed has the given value in the container's environment; absent = always. */
const when = z
  .object({ environment: z.record(z.string(), z.string()) })
  .strict()
  .optional();

export const behaviourSchema = z
  .object({
    /** Service name, as in the compose file. */
    service: z.string(),
    version: z.string(),
    /** TCP port inside the container; absent for jobs. */
    listen: z.number().int().positive().optional(),
    /** Folder in which it keeps a database, whose programs (`pg_dump` and the like) can be run in it; absent: it has none. */
    database: z.string().optional(),
    /** Milliseconds from start until it listens; default 30. */
    startMilliseconds: z.number().int().nonnegative().default(30),
    /** Lines written at start, standard output. `$NAME` is replaced by the environment's value. */
    log: z.array(z.string()).default([]),
    /** Ends with this code after so many milliseconds, having written these lines to standard error. */
    exit: z
      .object({
        code: z.number().int(),
        afterMilliseconds: z.number().int().nonnegative().default(100),
        log: z.array(z.string()).default([]),
        when,
      })
      .strict()
      .optional(),
    /** Answers to requests other than static files and proxied paths. First matching rule wins. */
    answers: z
      .array(
        z
          .object({
            path: z.string(),
            status: z.number().int().default(200),
            body: z.string().default("ok"),
            /** Milliseconds before the answer; -1: never answers (hangs). */
            delayMilliseconds: z.number().int().default(0),
            /** Only from the n-th request on (1 = first); default 1. */
            fromRequest: z.number().int().positive().default(1),
            when,
          })
          .strict(),
      )
      .default([]),
    /** Path prefixes handed on to another service of the same project: `{"/api/": "api:8080"}`; the prefix is cut off. */
    proxy: z.record(z.string(), z.string()).default({}),
  })
  .strict();

/** A parsed behaviour, defaults filled in. */
export type Behaviour = z.output<typeof behaviourSchema>;
/** A behaviour as written by hand. */
export type BehaviourInput = z.input<typeof behaviourSchema>;

/** True when the rule's condition holds in this environment. */
export function applies(
  condition: { environment: Record<string, string> } | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return Object.entries(condition?.environment ?? {}).every(([name, value]) => environment[name] === value);
}

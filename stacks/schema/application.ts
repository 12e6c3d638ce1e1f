import { z } from "zod";
import { port, type SecretForm, secretIn, text, variableName } from "./values.ts";

/** The application: where its images come from, what it is told, and when it is well. */

export const registryIn = (form: SecretForm) =>
  z.strictObject({
    server: text.default("ghcr.io"),
    username: text,
    token: secretIn(form),
    /** Account that hosts pull with instead, so that none holds a token that can write; absent: the one above. */
    pull: z.strictObject({ username: text, token: secretIn(form) }).optional(),
    /** Where images go when they are promoted into this environment; what `from` does not describe stays where it is. */
    repositories: z
      .strictObject({
        from: text.default("{registry}/{owner}/{app}-staging/{service}"),
        to: text.default("{registry}/{owner}/{app}/{service}"),
      })
      .prefault({}),
    /** Tag that follows what runs here, such as `main`; set on promotion, beside the version's. Absent: no tag is set. */
    tag: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, "expected a tag such as main")
      .optional(),
    /** Whether, where `tag` is set, `latest` follows too: once a release is verified here. */
    latest: z.boolean().default(true),
  });

export const environmentIn = (form: SecretForm) =>
  z.strictObject({
    variables: z.record(variableName, z.coerce.string()).default({}),
    secrets: z.record(variableName, secretIn(form)).default({}),
  });

export const health = z
  .strictObject({
    /** Scheme of the public endpoints on each host. */
    scheme: z.enum(["http", "https"]).default("http"),
    port: port.default(80),
    /** Paths that must answer 2xx on every host. */
    paths: z.array(z.string().startsWith("/", "expected a path that starts with /")).default(["/healthz"]),
    /** Seconds a service may take to become healthy. */
    timeout: z.int().min(1).max(600).default(120),
    /** Seconds in which a public endpoint may answer badly once, after the containers are healthy. */
    interval: z.int().min(1).max(60).default(5),
    /** How many such times in a row fail a release. */
    failures: z.int().min(1).max(100).default(3),
    /** Seconds for which the endpoints must stay healthy after the update. */
    window: z.int().min(0).max(3600).default(5),
  })
  .prefault({});

export const migration = z
  .strictObject({
    /** Seconds the migrator may take. */
    timeout: z.int().min(1).max(3600).default(300),
    /** Globs of the SQL files that it runs, below the project, such as `db/migrations/*.sql`; `!` before one leaves files out. They are looked at for what loses data or breaks the release that still runs. */
    files: z
      .array(
        z
          .string()
          .regex(/^!?[^/\\!][^\\]*$/, "expected a glob below the project such as db/migrations/*.sql")
          .refine(
            (glob) => !glob.split("/").includes(".."),
            "expected a glob below the project, without `..`",
          ),
      )
      .max(50)
      .default([]),
  })
  .prefault({});

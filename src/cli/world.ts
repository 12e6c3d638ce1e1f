import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { z } from "zod";
import { Failure } from "../release/failure.ts";

const worldSchema = z.object({
  /** Process that runs the world. */
  pid: z.number(),
  /** Directory with `bin/pulumi` of the rehearsal engine. */
  engineRoot: z.string(),
  /** The world's own project: configuration and stacks. */
  workDirectory: z.string(),
  /** Addresses and throw-away credentials of the world. */
  environment: z.record(z.string(), z.string()),
});

/** A rehearsal world that was kept. */
export type World = z.output<typeof worldSchema>;

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/**
 * Lets this process act in a world: its variables, and the authority of its registry, which Node reads from `NODE_EXTRA_CA_CERTS` at its
 * own start only.
 */
export function enterWorld({ environment }: World): void {
  Object.assign(process.env, environment);
  const authority = environment["NODE_EXTRA_CA_CERTS"];
  if (authority !== undefined)
    setDefaultCACertificates([...getCACertificates("default"), readFileSync(authority, "utf8")]);
}

/**
 * The world in the given directory, or the one kept below the project (`.rehearsal`), if it still runs.
 * @throws Failure `UsageInvalid` when a directory was given and no world runs there
 */
export function findWorld(project: string, directory: string | undefined): World | undefined {
  const file = join(directory ?? join(project, ".rehearsal"), "world.json");
  const parsed = existsSync(file) ? worldSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
  if (parsed?.success && alive(parsed.data.pid)) return parsed.data;
  if (directory === undefined) return undefined;
  throw new Failure({
    code: "UsageInvalid",
    message: `expected a rehearsal world in ${directory}, found none that runs`,
    hint: "npm run rehearse -- --keep",
    fault: "user",
  });
}

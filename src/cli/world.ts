import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

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

/** The world kept below this project (`.rehearsal/world.json`), if it still runs. */
export function findWorld(project: string): World | undefined {
  const file = join(project, ".rehearsal", "world.json");
  if (!existsSync(file)) return undefined;
  const parsed = worldSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return parsed.success && alive(parsed.data.pid) ? parsed.data : undefined;
}

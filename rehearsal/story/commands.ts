import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { repository, WorldFailure } from "../world/project.ts";
import type { RunningWorld } from "./worldProcess.ts";

const reason = z.object({ code: z.string(), message: z.string() });

/** How a promotion ended, as the command line reports it. */
export const finishedSchema = z.object({
  event: z.literal("promotion.finished"),
  status: z.string(),
  release: z.object({ id: z.string(), version: z.string() }),
  reason: reason.optional(),
  backReason: reason.optional(),
  attempt: z.number(),
  seconds: z.number(),
  recoverySeconds: z.number().optional(),
  steps: z.array(z.object({ name: z.string(), seconds: z.number(), own: z.number() })),
  reports: z.array(z.looseObject({ host: z.string(), service: z.string() })),
});
export type Finished = z.output<typeof finishedSchema>;

/** What a `liftlock` command did. */
export interface Outcome {
  exit: number;
  finished: Finished | undefined;
}

/**
 * Runs `liftlock` as a person would, in the world's project, and listens to its `--json`.
 * @param people file descriptor to which its lines for people go
 */
export async function liftlock(
  world: RunningWorld,
  args: readonly string[],
  stdin: string,
  people: number,
): Promise<Outcome> {
  const engine = world.engineRoot.endsWith(join("rehearsal", "engine")) ? [] : ["--engine", "pulumi"];
  const child = spawn(
    process.execPath,
    [
      join(repository, "bin/liftlock.mjs"),
      "--json",
      ...engine,
      "--world",
      join(world.workDirectory, ".."),
      ...args,
    ],
    {
      cwd: world.workDirectory,
      env: { ...process.env, ...world.environment },
      stdio: ["pipe", "pipe", people],
    },
  );
  child.stdin?.end(stdin);
  let finished: Finished | undefined;
  if (child.stdout)
    for await (const line of createInterface(child.stdout)) {
      const parsed = finishedSchema.safeParse(JSON.parse(line));
      if (parsed.success) finished = parsed.data;
    }
  const exit =
    child.exitCode ??
    (await new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1))));
  return { exit, finished };
}

/** Runs the engine's own command line in the world's project; its output is returned. @throws WorldFailure */
export async function pulumiUp(world: RunningWorld, stack: string): Promise<string> {
  const child = spawn(
    join(world.engineRoot, "bin", "pulumi"),
    ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", stack],
    {
      cwd: world.workDirectory,
      env: { ...process.env, ...world.environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new WorldFailure(`pulumi up --stack ${stack} ended with ${String(code)}:\n${output}`);
  return output;
}

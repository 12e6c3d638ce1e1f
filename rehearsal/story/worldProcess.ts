import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { repository, WorldFailure } from "../world/project.ts";
import { trustAuthority } from "../world/trust.ts";
import type { PlatformName } from "../world/world.ts";

const readySchema = z.object({
  pid: z.number(),
  engineRoot: z.string(),
  workDirectory: z.string(),
  environment: z.record(z.string(), z.string()),
  registry: z.object({ url: z.string(), username: z.string(), password: z.string() }),
  /** With which releases are signed, as the workflow's secret would be. */
  signingKey: z.object({ privateKey: z.string(), publicKey: z.string() }),
  witnessKey: z.string(),
  /** Where every host answers. */
  ports: z.object({ ssh: z.number(), http: z.number() }),
  /** PEM of the authority whose certificates its servers show. */
  authority: z.string().optional(),
  /** The program that images need, base64. */
  busybox: z
    .base64()
    .transform((text) => Buffer.from(text, "base64"))
    .optional(),
});

/** A world that is up, in a process of its own. */
export type RunningWorld = z.output<typeof readySchema> & { process: ChildProcess };

/** Where a kept world lives. */
export const keptDirectory = join(repository, ".rehearsal");

const keptFile = join(keptDirectory, "world.json");

/** The process of a kept world, if it still runs and is one of ours. */
function keptProcess(): number | undefined {
  if (!existsSync(keptFile)) return undefined;
  const { pid } = z.object({ pid: z.number() }).parse(JSON.parse(readFileSync(keptFile, "utf8")));
  const command = `/proc/${pid}/cmdline`;
  if (
    existsSync("/proc/self") &&
    !(existsSync(command) && readFileSync(command, "utf8").includes("daemon.ts"))
  )
    return undefined;
  try {
    return process.kill(pid, 0) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a world and waits until it is up. @throws WorldFailure */
export async function startWorldProcess(o: {
  hosts: number;
  platform: PlatformName;
  keep: boolean;
  engineRoot?: string | undefined;
}): Promise<RunningWorld> {
  const kept = keptProcess();
  if (o.keep && kept !== undefined)
    throw new WorldFailure(
      `a world is kept already (process ${kept}); end it with: npm run rehearse -- --stop`,
    );
  if (o.keep) rmSync(keptDirectory, { recursive: true, force: true });
  const directory = o.keep ? keptDirectory : mkdtempSync(join(tmpdir(), "liftlock-rehearsal-"));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const options = JSON.stringify({ ...o, directory });
  const child = spawn(process.execPath, [join(repository, "rehearsal/world/daemon.ts"), options], {
    detached: o.keep,
    stdio: [o.keep ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    if (child.stdout) createInterface(child.stdout).once("line", resolve);
    child.once("exit", (code) =>
      reject(new WorldFailure(`the world ended with ${code} before it was up: ${said.trim()}`)),
    );
  });
  const ready = readySchema.parse(JSON.parse(line));
  if (ready.authority !== undefined) trustAuthority(ready.authority);
  return { ...ready, process: child };
}

/** Lets a kept world go on after this process. */
export function letGo({ process: child }: RunningWorld): void {
  child.removeAllListeners();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

/** Ends a world and waits for its end. */
export async function endWorldProcess({ process: child }: RunningWorld): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** Ends a kept world. @returns whether there was one */
export async function stopKeptWorld(): Promise<boolean> {
  const pid = keptProcess();
  if (pid !== undefined) process.kill(pid, "SIGTERM");
  for (let i = 0; i < 100 && keptProcess() !== undefined; i++) await sleep(100);
  rmSync(keptDirectory, { recursive: true, force: true });
  return pid !== undefined;
}

import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "yaml";
import { startWorld, type World, type WorldOptions } from "../../rehearsal/world/world.ts";
import type { DriverContext } from "../../src/automation/context.ts";
import { makeContext } from "../../src/automation/makeContext.ts";
import type { Message } from "../../src/automation/messages.ts";
import { deploy } from "../../src/automation/promote.ts";
import { digestsOf, type Release } from "../../src/release/release.ts";

const realEngine = process.env["LIFTLOCK_REAL_PULUMI"];
const repository = join(import.meta.dirname, "..", "..");

/** A driver's context over a world, with everything it said. */
export interface Actor {
  context: DriverContext;
  messages: Message[];
}

/** A driver in this process. @param workDirectory default the world's project */
export function actor(world: World, workDirectory = world.workDirectory): Actor {
  const messages: Message[] = [];
  const notify = (message: Message) => void messages.push(message);
  const context = makeContext({
    workDirectory,
    world,
    environment: world.environment,
    notify,
  });
  return { context, messages };
}

/** Another checkout of the same project: its own files, the same backend. */
export function checkout(world: World): string {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-checkout-"));
  cpSync(world.workDirectory, directory, { recursive: true, verbatimSymlinks: true });
  return directory;
}

/** Runs the engine's command line in the world's project. */
export function pulumi(
  world: World,
  args: readonly string[],
  directory = world.workDirectory,
): Promise<{ exit: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      join(world.engineRoot, "bin", "pulumi"),
      [...args, "--non-interactive"],
      { cwd: directory, env: { ...process.env, ...world.environment }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ exit: error ? Number(error.code ?? 1) : 0, output: `${stdout}\n${stderr}` }),
    );
  });
}

/** What a command line process did. */
export interface Ran {
  exit: number | null;
  signal: NodeJS.Signals | null;
  events: { event: string; [key: string]: unknown }[];
  stderr: string;
}

/** Runs `liftlock` in a process of its own; `onEvent` may act on it while it runs: kill it, or listen to it no more. */
export async function liftlock(
  world: World,
  args: readonly string[],
  options: {
    directory?: string;
    stdin?: string;
    environment?: Record<string, string | undefined>;
    onEvent?: (
      event: Ran["events"][number],
      kill: (signal: NodeJS.Signals) => void,
      leave: () => void,
    ) => void;
  } = {},
): Promise<Ran> {
  const directory = options.directory ?? world.workDirectory;
  const description = {
    pid: process.pid,
    engineRoot: world.engineRoot,
    workDirectory: directory,
    environment: world.environment,
  };
  const worldDirectory = mkdtempSync(join(tmpdir(), "liftlock-world-"));
  writeFileSync(join(worldDirectory, "world.json"), JSON.stringify(description));
  const child = spawn(
    process.execPath,
    [join(repository, "bin", "liftlock.mjs"), "--json", "--world", worldDirectory, ...args],
    { cwd: directory, env: { ...process.env, ...options.environment }, stdio: ["pipe", "pipe", "pipe"] },
  );
  child.stdin.end(options.stdin ?? "");
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const events: Ran["events"] = [];
  const closed = new Promise<Pick<Ran, "exit" | "signal">>((resolve) =>
    child.once("close", (exit, signal) => resolve({ exit, signal })),
  );
  const lines = createInterface(child.stdout);
  const leave = () => {
    lines.close();
    child.stdout.destroy();
    child.stderr.destroy();
  };
  for await (const line of lines) {
    const event = JSON.parse(line) as Ran["events"][number];
    events.push(event);
    options.onEvent?.(event, (signal) => child.kill(signal), leave);
  }
  return { ...(await closed), events, stderr };
}

/** A stack's configuration as it lies in a checkout. */
export const configuration = (directory: string, stack = "production"): Record<string, unknown> =>
  (
    parse(readFileSync(join(directory, `Pulumi.${stack}.yaml`), "utf8")) as {
      config: Record<string, unknown>;
    }
  ).config;

/** The slot of a simulated host that serves; nothing where it has no edge. */
export function servingSlot(host: World["hosts"]["hosts"][number]): string | undefined {
  const file = join(host.home("liftlock"), "liftlock", "shop", "active");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** True for what is in no slot, or in the one that serves. */
function serves(host: World["hosts"]["hosts"][number], project: string | undefined): boolean {
  const slot = /-(blue|green)$/.exec(project ?? "")?.[1];
  return slot === undefined || slot === servingSlot(host);
}

/** Digests that production's hosts serve, read from the simulated engines themselves. */
export function running(world: World): Record<string, string>[] {
  return world.hosts.hosts
    .filter((host) => host.name.includes("-production-"))
    .map((host) =>
      Object.fromEntries(
        host.engine
          .containers()
          .filter(({ status }) => status === "running")
          .filter(({ spec }) => serves(host, spec.labels["com.docker.compose.project"]))
          .map(({ spec }) => [
            spec.labels["com.docker.compose.service"] ?? "",
            spec.reference.split("@")[1] ?? "",
          ]),
      ),
    );
}

/** True when every host of production runs exactly this release's services. */
export function productionRuns(world: World, release: Release): boolean {
  const { migrator: _, ...digests } = digestsOf(release);
  const hosts = running(world);
  return (
    hosts.length > 0 &&
    hosts.every((host) => Object.entries(digests).every(([service, digest]) => host[service] === digest))
  );
}

/** How a stage differs from the usual one. */
export interface StageOptions extends Pick<WorldOptions, "strategy" | "loadBalancer" | "backups"> {
  /** Those that come up; default both. */
  environments?: readonly ("staging" | "production")[];
}

/** A world with both environments up and the first release in both. */
export async function stage(
  hosts = 2,
  { environments = ["staging", "production"], ...more }: StageOptions = {},
): Promise<{ world: World; first: Release }> {
  const world = await startWorld({
    directory: mkdtempSync(join(tmpdir(), "liftlock-stage-")),
    hosts,
    health: { timeout: 5, window: 0 },
    ...more,
    // The same stories on an official engine, where there is one: the directory that holds its bin/pulumi.
    ...(realEngine !== undefined && { engineRoot: realEngine }),
  });
  // The program runs in this process too: providers read their defaults from its environment.
  Object.assign(process.env, world.environment);
  const ups = environments.map((stack) => pulumi(world, ["up", "--yes", "--skip-preview", "--stack", stack]));
  for (const { exit, output } of await Promise.all(ups)) if (exit !== 0) throw new StageFailure(output);
  const first = await world.release("1.0.0", "1111111");
  for (const environment of environments) {
    const result = await deploy(actor(world).context, { environment, release: first, allow: [] });
    if (result.status !== "Completed") throw new StageFailure(JSON.stringify(result));
  }
  return { world, first };
}

/** The stage for a story could not be set. */
class StageFailure extends Error {}

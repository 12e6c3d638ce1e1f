// A program of its own process: the SDK's own runner, started as Pulumi's Node language host starts it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EngineError } from "../failure.ts";
import type { ProgramEnd, ProgramRun } from "./run.ts";

/** Exit code of a program that has reported its errors itself (sdk/nodejs/cmd/run). */
const REPORTED = 32;
/** How long a program may go on after the engine has failed. */
const GRACE_MS = 2000;

function commandOf(run: ProgramRun): string[] {
  const flags = {
    monitor: run.monitor,
    engine: run.monitor,
    organization: "organization",
    project: run.project,
    "root-directory": run.root,
    stack: run.stack,
    pwd: run.program.directory,
    parallel: String(run.parallel),
  };
  const { nodeargs } = run.options;
  return [
    ...(typeof nodeargs === "string" ? nodeargs.split(/\s+/) : []),
    runnerIn(run.program.directory),
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    ...(run.dryRun ? ["--dry-run"] : []),
    run.program.entry,
  ];
}

function runnerIn(directory: string): string {
  try {
    return createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch (cause) {
    throw new EngineError("project", `@pulumi/pulumi is not installed for the program in ${directory}`, {
      cause,
    });
  }
}

function environmentOf(run: ProgramRun): NodeJS.ProcessEnv {
  const { typescript, tsconfig } = run.options;
  return {
    // Where Node keeps what it compiled of the engine itself, too: most of a program's start is its SDK.
    NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(run.config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.secretKeys),
    ...(typescript !== false && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(typeof tsconfig === "string" && { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
  };
}

/** Runs the program; resolves when its process has ended. */
export function runLocal(run: ProgramRun): Promise<ProgramEnd> {
  const child = spawn(process.execPath, commandOf(run), {
    cwd: run.program.directory,
    env: environmentOf(run),
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface(child.stdout).on("line", (line) => run.events.diagnostic("info", line));
  createInterface(child.stderr).on("line", (line) => run.events.diagnostic("info#err", line));
  // A program whose registrations were refused may wait for ever for their outputs.
  run.signal.addEventListener("abort", () => setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref());
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ ok: false, message: error.message }));
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ ok: true });
      else if (code === REPORTED) resolve({ ok: false });
      else resolve({ ok: false, message: `program ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}

import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { version as sdkVersion } from "@pulumi/pulumi/version.js";
import { Failure } from "../release/failure.ts";
import type { Notify } from "./messages.ts";

/** A kept or running rehearsal world, as its file describes it. */
export interface RehearsalWorld {
  /** Directory with `bin/pulumi` of the rehearsal engine. */
  engineRoot: string;
}

export interface EngineOptions {
  /** Set in a rehearsal only. */
  world?: RehearsalWorld | undefined;
  /** `pulumi`: the official engine in a rehearsal too. */
  engine?: "pulumi" | "rehearsal" | undefined;
  notify: Notify;
}

/** The engine that runs, never chosen silently. */
export interface Engine {
  kind: "official" | "rehearsal";
  command: PulumiCommand;
  version: string;
}

const told = (notify: Notify, kind: Engine["kind"], command: PulumiCommand): Engine => {
  const version = command.version?.toString() ?? "unknown";
  notify({ code: "engine.chosen", payload: { kind, version, from: command.command } });
  return { kind, command, version };
};

/** The engine that is there: in a rehearsal its own, else the official CLI on PATH, if the SDK accepts its version. */
export const findEngine = ({
  world,
  engine,
}: Pick<EngineOptions, "world" | "engine">): Promise<PulumiCommand> =>
  world && engine !== "pulumi" ? PulumiCommand.get({ root: world.engineRoot }) : PulumiCommand.get();

/**
 * Outside rehearsals always the official CLI: the one on PATH if the SDK accepts its version, else one installed below
 * `~/.pulumi`. In a rehearsal the rehearsal engine, unless the official one is asked for.
 * @throws Failure `EngineUnavailable`
 */
export async function chooseEngine(
  options: EngineOptions & { found: Promise<PulumiCommand> },
): Promise<Engine> {
  const { world, notify } = options;
  if (options.engine === "rehearsal" && !world)
    throw new Failure({
      code: "EngineUnavailable",
      message: "the rehearsal engine works in a rehearsal world only",
      hint: "npm run rehearse -- --keep",
      fault: "user",
    });
  options.found.catch(() => undefined);
  if (world && options.engine !== "pulumi") return told(notify, "rehearsal", await options.found);
  try {
    const command = await options.found;
    if (!command.version?.prerelease.includes("rehearsal")) return told(notify, "official", command);
  } catch {
    // Not on PATH, or too old for the SDK: installed below.
  }
  try {
    notify({ code: "engine.installing", payload: { version: sdkVersion } });
    const root = join(homedir(), ".pulumi", "versions", sdkVersion);
    return told(notify, "official", await PulumiCommand.install({ root }));
  } catch (cause) {
    throw new Failure({
      code: "EngineUnavailable",
      message: `expected the Pulumi CLI ${sdkVersion} or newer on PATH; installing it failed too`,
      hint: "https://www.pulumi.com/docs/install/",
      cause,
    });
  }
}

const run = promisify(execFile);

/** What a call of the engine's command line needs. */
interface EngineContext {
  engine: () => Promise<Engine>;
  workDirectory: string;
  environment: Readonly<Record<string, string>>;
}

/** One call of the engine's command line that prints JSON. @throws Failure as `engineFailure` tells it */
export async function engineJson(context: EngineContext, args: readonly string[]): Promise<unknown> {
  const stdout = await engineText(context, args);
  try {
    return JSON.parse(stdout) as unknown;
  } catch (thrown) {
    throw engineFailure(thrown, args.join(" "));
  }
}

/**
 * One call of the engine's command line, and what it prints.
 * @param input what it reads: a value goes there, never into the arguments
 * @throws Failure as `engineFailure` tells it
 */
export async function engineText(
  context: EngineContext,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { command } = (await context.engine()).command;
  try {
    const running = run(command, [...args, "--non-interactive"], {
      cwd: context.workDirectory,
      env: { ...process.env, ...context.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
      maxBuffer: 64 * 1024 * 1024,
    });
    running.child.stdin?.end(input);
    return (await running).stdout;
  } catch (thrown) {
    throw engineFailure(thrown, args.join(" "));
  }
}

/** What the engine said on standard error, as one of our failures. Scripts and values in it are never repeated. */
export function engineFailure(thrown: unknown, doing: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const text = [thrown instanceof Error ? thrown.message : String(thrown), stderrOf(thrown)].join("\n");
  if (/no stack named/.test(text))
    return new Failure({
      code: "StackUnknown",
      message: `expected the stack to exist in the backend (${doing})`,
      hint: "pulumi stack init <environment>, then pulumi up -s <environment>",
      cause: thrown,
      fault: "user",
    });
  if (/passphrase must be set|incorrect passphrase|PULUMI_CONFIG_PASSPHRASE/.test(text))
    return new Failure({
      code: "PassphraseMissing",
      message: /incorrect/.test(text)
        ? "the passphrase does not open the stack's secrets"
        : "expected a passphrase for the stack's secrets, found none",
      hint: "export PULUMI_CONFIG_PASSPHRASE=…   (or PULUMI_CONFIG_PASSPHRASE_FILE)",
      cause: thrown,
      fault: "user",
    });
  if (/currently locked|ConcurrentUpdate/.test(text))
    return new Failure({
      code: "PromotionInProgress",
      message: `the stack is locked by another engine: ${/created by [^\n]*/.exec(text)?.[0] ?? "see pulumi stack"}`,
      hint: "Wait for it. If its process is dead: liftlock resume <environment>",
      cause: thrown,
    });
  const line = text.split("\n").find((l) => /^\s*error:/.test(l)) ?? "";
  return new Failure({
    code: "EngineFailed",
    message: `the engine failed (${doing})${line ? `: ${line.trim().slice(0, 300)}` : ""}`,
    cause: thrown,
  });
}

function stderrOf(thrown: unknown): string {
  return typeof thrown === "object" && thrown !== null && "stderr" in thrown ? String(thrown.stderr) : "";
}

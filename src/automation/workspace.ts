import type { Stack } from "@pulumi/pulumi/automation/index.js";
import {
  type Environment as EnvironmentName,
  environments,
  parseEnvironment,
} from "../../stacks/environments.ts";
import type { Preview } from "../plan/preview.ts";
import { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineFailure, engineJson } from "./engine.ts";
import { Environment } from "./environment.ts";
import { rememberHosts } from "./hostsFile.ts";
import { outputsSchema } from "./outputs.ts";
import type { Input, PreviewUnderWay, Workspace } from "./ports.ts";
import { verifyInput } from "./readiness.ts";
import { StackFile } from "./stackFile.ts";
import { previewDraft, previewRefresh } from "./update.ts";

class DraftPreview implements PreviewUnderWay {
  readonly result: Promise<Preview>;
  readonly draft: string;
  private readonly end = new AbortController();

  constructor(stack: Promise<Stack>, name: string, draft: string) {
    this.draft = draft;
    const { signal } = this.end;
    this.result = stack.then((selected) => {
      signal.throwIfAborted();
      return previewDraft(selected, name, draft, signal);
    });
    this.result.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end.abort();
    await this.result.catch(() => undefined);
  }
}

/** The SDK and the program: they take a while to load, so only who needs them does it. */
export const loadSdk = () =>
  Promise.all([import("@pulumi/pulumi/automation/index.js"), import("../../stacks/program.ts")]);

/**
 * After an update the Automation API asks the engine three more things, one after another: outputs, outputs with secrets, history.
 * What ran is read from the hosts here, and outputs when an environment is opened; so nothing waits for those.
 */
function withoutSummary(stack: Stack): Stack {
  stack.outputs = async () => ({});
  stack.info = async () => undefined;
  return stack;
}

/** A project directory whose stacks an engine keeps. */
export class PulumiWorkspace implements Workspace {
  private readonly context: Omit<DriverContext, "workspace">;
  private readonly stacks = new Map<EnvironmentName, Promise<Stack>>();

  constructor(context: Omit<DriverContext, "workspace">) {
    this.context = context;
  }

  input(environment: string): Input {
    return verifyInput(this.context, environment);
  }

  environments(): EnvironmentName[] {
    return environments.filter((name) => new StackFile(this.context.workDirectory, name).made);
  }

  preview(name: EnvironmentName, draft: string): PreviewUnderWay {
    return new DraftPreview(this.stack(name), name, draft);
  }

  async previewRefresh(name: EnvironmentName): Promise<Preview> {
    return previewRefresh(await this.stack(name), name);
  }

  async open(name: string): Promise<Environment> {
    const known = parseEnvironment(name);
    const file = new StackFile(this.context.workDirectory, known);
    // The configuration is checked before the engine is asked anything.
    const config = file.read();
    const args = ["stack", "output", "--json", "--show-secrets", "--stack", known];
    const parsed = outputsSchema.safeParse(await engineJson(this.context, args));
    if (parsed.success) {
      rememberHosts(this.context.workDirectory, known, parsed.data);
      return new Environment(this.context, known, file, config, parsed.data, () => this.stack(known));
    }
    throw new Failure({
      code: "StackUnknown",
      message: `expected the stack ${known} to have been brought up; it exports no hosts`,
      hint: `pulumi up -s ${known}`,
      cause: parsed.error,
      fault: "user",
    });
  }

  /** The stack with our program inline, over the same project directory as the command line; selected once. */
  private stack(name: EnvironmentName): Promise<Stack> {
    const known = this.stacks.get(name) ?? this.select(name);
    this.stacks.set(name, known);
    return known;
  }

  private async select(name: EnvironmentName): Promise<Stack> {
    const { command } = await this.context.engine();
    const [{ LocalWorkspace, Stack }, { program }] = await loadSdk();
    try {
      const workspace = await LocalWorkspace.create({
        program: async () => ({ ...program() }),
        workDir: this.context.workDirectory,
        pulumiCommand: command,
        envVars: { ...this.context.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
      });
      // Every call names its stack. To select it would start the engine once more, and change what a person has selected.
      workspace.selectStack = async () => undefined;
      return withoutSummary(await Stack.select(name, workspace));
    } catch (thrown) {
      throw engineFailure(thrown, `select ${name}`);
    }
  }
}

import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import type { StackConfig } from "../../stacks/config.ts";
import { type Environment as EnvironmentName, parseEnvironment, program } from "../../stacks/program.ts";
import { FleetConnections } from "../hosts/fleet.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseSchema } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { engineFailure, engineJson } from "./engine.ts";
import { StackFile } from "./stackFile.ts";

const credentials = z.object({ server: z.string(), username: z.string(), token: z.string() });

/** What a stack exports; the program's `EnvironmentOutputs` as the engine gives it back. */
const outputsSchema = z.object({
  app: z.string(),
  address: z.string(),
  hosts: z.array(
    z.object({
      name: z.string(),
      address: z.string(),
      port: z.number(),
      user: z.string(),
      hostKey: z.string(),
    }),
  ),
  endpoints: z.array(z.string()),
  deployed: z
    .object({
      id: z.string(),
      attempt: z.number(),
      mode: z.enum(["forward", "revert"]),
      release: releaseSchema,
    })
    .nullish(),
  jobs: z.array(z.string()),
  access: z.object({ privateKey: z.string(), registry: credentials.nullish() }),
});

export type Outputs = z.output<typeof outputsSchema>;

/** The stack with our program inline, over the same project directory as the command line. @throws Failure */
export async function selectStack(context: DriverContext, name: EnvironmentName): Promise<Stack> {
  const { command } = await context.engine();
  try {
    return await LocalWorkspace.selectStack(
      { stackName: name, projectName: "liftlock", program: async () => ({ ...program() }) },
      {
        workDir: context.workDirectory,
        pulumiCommand: command,
        envVars: { ...context.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
      },
    );
  } catch (thrown) {
    throw engineFailure(thrown, `select ${name}`);
  }
}

/** One environment, opened: its configuration, what its stack exports, and its hosts. */
export class Environment implements Disposable {
  readonly name: EnvironmentName;
  readonly file: StackFile;
  readonly config: StackConfig;
  readonly outputs: Outputs;
  readonly fleet: FleetConnections;
  private readonly context: DriverContext;
  private selected: Promise<Stack> | undefined;

  private constructor(
    context: DriverContext,
    name: EnvironmentName,
    file: StackFile,
    config: StackConfig,
    outputs: Outputs,
    selected: Promise<Stack> | undefined,
  ) {
    this.selected = selected;
    this.context = context;
    this.name = name;
    this.file = file;
    this.config = config;
    this.outputs = outputs;
    this.fleet = new FleetConnections(outputs.app, outputs.hosts, outputs.access.privateKey);
    context.secrets.add([outputs.access.privateKey, outputs.access.registry?.token]);
  }

  /**
   * Reads configuration and outputs. The configuration is checked before the engine is asked anything.
   * @param selected the stack, when it is selected already
   * @throws Failure `StackUnknown`, `ConfigInvalid`, `PassphraseMissing`
   */
  static async open(context: DriverContext, name: string, selected?: Promise<Stack>): Promise<Environment> {
    const known = parseEnvironment(name);
    const file = new StackFile(context.workDirectory, known);
    const config = file.read();
    const args = ["stack", "output", "--json", "--show-secrets", "--stack", known];
    const raw = await engineJson(context, args);
    const parsed = outputsSchema.safeParse(raw);
    if (!parsed.success)
      throw new Failure({
        code: "StackUnknown",
        message: `expected the stack ${known} to have been brought up; it exports no hosts`,
        hint: `pulumi up -s ${known}`,
        cause: parsed.error,
        fault: "user",
      });
    return new Environment(context, known, file, config, parsed.data, selected);
  }

  stack(): Promise<Stack> {
    this.selected ??= selectStack(this.context, this.name);
    return this.selected;
  }

  /** Releases that were the pin of an update, newest first: the pin moves only after verification. */
  async verifiedReleases(): Promise<Release[]> {
    const stack = await this.stack();
    const updates = await stack.history(100, 1, false).catch((thrown: unknown) => {
      throw engineFailure(thrown, `history of ${this.name}`);
    });
    return updates.flatMap((update) => {
      const value = update.config["liftlock:release"]?.value;
      const parsed = value === undefined ? undefined : releaseSchema.safeParse(JSON.parse(value));
      return parsed?.success ? [parsed.data] : [];
    });
  }

  /** Adds every secret of the stack's configuration to what is masked. */
  async learnSecrets(): Promise<void> {
    const all = await (await this.stack()).getAllConfig();
    for (const { value, secret } of Object.values(all))
      if (secret) this.context.secrets.add(/^\s*[[{]/.test(value) ? secretsIn(JSON.parse(value)) : value);
  }

  [Symbol.dispose](): void {
    this.fleet[Symbol.dispose]();
  }
}

/** Keys below which the configuration holds secrets; see `stacks/schema.ts`. */
const secretKeys = ["secrets", "privateKey", "hostKeySeed", "token"];

/** The secret parts of a structured value that the engine marks secret as a whole. */
function secretsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretKeys.includes(key) ? [inner] : secretsIn(inner),
  );
}

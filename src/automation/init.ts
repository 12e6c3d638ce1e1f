import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { newKeyPair } from "../../infra/hostKeys.ts";
import { namespace, parseConfig } from "../../stacks/config.ts";
import { parseEnvironment } from "../../stacks/environments.ts";
import { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineFailure } from "./engine.ts";
import { StackFile } from "./stackFile.ts";

export interface InitOptions {
  environment: string;
  app: string;
  region: string;
  /** Address ranges that may reach SSH. */
  operators: readonly string[];
  hosts: number;
}

/** Calls the engine's command line; a value goes to standard input, never into the arguments. */
async function pulumi(context: DriverContext, args: readonly string[], input?: string): Promise<void> {
  const { command } = await context.engine();
  await new Promise<void>((resolve, reject) => {
    const child = execFile(
      command.command,
      [...args, "--non-interactive"],
      {
        cwd: context.workDirectory,
        env: { ...process.env, ...context.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
      },
      (error, _, stderr) => {
        if (!error || /already exists/.test(stderr)) resolve();
        else reject(engineFailure(Object.assign(error, { stderr }), args.join(" ")));
      },
    );
    child.stdin?.end(input);
  });
}

/**
 * Makes an environment's stack and its configuration: a deploying key and a host key seed, kept as secrets, and everything
 * else as far as it is known.
 * @returns the file's name
 * @throws Failure `ConfigInvalid` when the environment is configured already
 */
export async function init(context: DriverContext, options: InitOptions): Promise<string> {
  const name = parseEnvironment(options.environment);
  const file = new StackFile(context.workDirectory, name);
  if (file.has("liftlock:app"))
    throw new Failure({
      code: "ConfigInvalid",
      message: `${file.name} configures ${name} already`,
      hint: `Edit it; then: pulumi up -s ${name}`,
      fault: "user",
    });
  const values = {
    app: options.app,
    fleet: {
      size: options.hosts,
      region: options.region,
      operators: options.operators,
      reservedAddress: name === "production",
    },
    health: { paths: ["/healthz"] },
  };
  // Checked before anything is made: a mistyped option must leave nothing behind.
  const hidden = { secure: "written below" };
  const whole = { ...values, ssh: { privateKey: hidden, hostKeySeed: hidden } };
  const keys = Object.entries(whole).map(([key, value]) => [`${namespace}:${key}`, value]);
  parseConfig(Object.fromEntries(keys), file.name, "file");
  await pulumi(context, ["stack", "init", name]);
  const secret = (path: string, value: string) =>
    pulumi(context, ["config", "set", "--path", "--secret", "--stack", name, `liftlock:${path}`], value);
  await secret("ssh.privateKey", newKeyPair(`${options.app}-${name} deploy`).privateKey);
  await secret("ssh.hostKeySeed", randomBytes(32).toString("base64"));
  file.set(values);
  return file.name;
}

import { randomBytes } from "node:crypto";
import { newKeyPair } from "../../infra/hostKeys.ts";
import { namespace, parseConfig } from "../../stacks/config.ts";
import { parseEnvironment } from "../../stacks/environments.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineText } from "./engine.ts";
import { StackFile } from "./stackFile.ts";

/** What `init` is told; what it is not told is in the file already, or its default. */
export interface InitOptions {
  environment: string;
  app?: string | undefined;
  /** DigitalOcean region. */
  region?: string | undefined;
  /** Address ranges that may reach SSH. */
  operators?: readonly string[] | undefined;
  /** Droplets. */
  hosts?: number | undefined;
}

/** Our namespace before each key, as in the file. */
const keysOf = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${namespace}:${key}`, value]));

/** Without those that nobody said. */
const said = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** What an environment begins with where its file says nothing. */
function proposal(options: InitOptions, own: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { app, region, operators, hosts } = options;
  const fleet = own["fleet"] ?? { size: 1, reservedAddress: options.environment === "production" };
  return {
    health: { paths: ["/healthz"] },
    ...own,
    ...said({ app }),
    fleet: { ...fleet, ...said({ size: hosts, region, operators }) },
  };
}

/** Makes the stack, unless an `init` that was killed has made it already. */
async function makeStack(context: DriverContext, name: string): Promise<void> {
  try {
    await engineText(context, ["stack", "init", name]);
  } catch (thrown) {
    if (!/already exists/.test(asFailure(thrown).message)) throw thrown;
  }
}

/**
 * Makes an environment's stack and its configuration: a deploying key and a host key seed, kept as secrets, and beside them what the
 * file proposes already or the options say. Comments and other keys of the file stay.
 * @returns the file's name
 * @throws Failure `ConfigInvalid` when the environment has been made already, or what is said is not enough or wrong
 */
export async function init(context: DriverContext, options: InitOptions): Promise<string> {
  const name = parseEnvironment(options.environment);
  const file = new StackFile(context.workDirectory, name);
  if (file.made)
    throw new Failure({
      code: "ConfigInvalid",
      message: `${file.name} configures ${name} already`,
      hint: `Edit it; then: pulumi up -s ${name}`,
      fault: "user",
    });
  const own = file.values();
  const values = proposal(options, own);
  // Checked before anything is made: a mistyped option must leave nothing behind.
  const hidden = { secure: "written below" };
  const whole = { ...values, ssh: { ...Object(own["ssh"]), privateKey: hidden, hostKeySeed: hidden } };
  const { app } = parseConfig(keysOf(whole), file.name, "file");
  await makeStack(context, name);
  const secret = (path: string, value: string) =>
    engineText(context, ["config", "set", "--path", "--secret", "--stack", name, `liftlock:${path}`], value);
  file.set(Object.fromEntries(Object.entries(values).filter(([key, value]) => own[key] !== value)));
  await secret("ssh.hostKeySeed", randomBytes(32).toString("base64"));
  // The last one is what makes the environment count as made.
  await secret("ssh.privateKey", newKeyPair(`${app} ${name} deploy`).privateKey);
  return file.name;
}

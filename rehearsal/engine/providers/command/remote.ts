import type { Client, ClientChannel } from "ssh2";
import { EngineError, messageOf } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { object, optionalText } from "../fields.ts";
import type { Context } from "../provider.ts";
import { dial } from "./connection.ts";
import { outputLogger } from "./logging.ts";
import { goQuote, trimmed } from "./quote.ts";
import { type ScriptOutput, type ScriptRunner, scriptResource } from "./script-resource.ts";

/** Variables that an SSH server accepts as Debian sets it up. */
const ACCEPTED = /^(LANG|LC_.*)$/;

const advice = (name: string): string =>
  `Unable to set '${name}'. This only works if your SSH server is configured to accept these variables via AcceptEnv. ` +
  "Alternatively, if a Bash-like shell runs the command on the remote host, you could prefix the command itself with the " +
  "variables in the form 'VAR=value command'";

/** Variables for the session: refused ones fail the command, as on a server without AcceptEnv. */
function environmentOf(inputs: Props, previous: Props, context: Context): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(object(inputs, "environment"))) {
    if (!ACCEPTED.test(name)) throw new EngineError("provider", `ssh: setenv failed\n${advice(name)}`);
    environment[name] = String(value);
  }
  if (inputs.addPreviousOutputInEnv === false) return environment;
  if (previous.stdout) context.log(advice("PULUMI_COMMAND_STDOUT"), "warning");
  if (previous.stderr) context.log(advice("PULUMI_COMMAND_STDERR"), "warning");
  return environment;
}

type End = { readonly code: number } | { readonly signal: string } | { readonly missing: true };

/** How Go's SSH library words the end of a session. */
function failureOf(end: End): string | undefined {
  if ("missing" in end) return "wait: remote command exited without exit status or exit signal";
  if ("signal" in end) return `Process exited with status 128 from signal ${end.signal}`;
  return end.code === 0 ? undefined : `Process exited with status ${end.code}`;
}

/** Listens to a session until it is over. */
function follow(
  channel: ClientChannel,
  heard: (stream: "stdout" | "stderr", chunk: string) => void,
): Promise<End> {
  let end: End = { missing: true };
  channel.setEncoding("utf8");
  channel.stderr.setEncoding("utf8");
  channel.on("data", (chunk: string) => heard("stdout", chunk));
  channel.stderr.on("data", (chunk: string) => heard("stderr", chunk));
  channel.on("exit", (code: number | null, signal?: string) => {
    end = code === null ? { signal: (signal ?? "").replace(/^SIG/, "") } : { code };
  });
  channel.on("error", () => undefined);
  return new Promise((resolve) => channel.once("close", () => resolve(end)));
}

/** Runs a command in a session of its own. */
function runSession(
  client: Client,
  command: { script: string; stdin: string; environment: Record<string, string> },
  heard: (stream: "stdout" | "stderr", chunk: string) => void,
): Promise<End> {
  return new Promise((resolve, reject) => {
    client.exec(command.script, { env: command.environment }, (error, channel) => {
      if (error) return reject(error);
      // At once: a short command's exit status may come in the same packet as the session itself.
      resolve(follow(channel, heard));
      return channel.end(command.stdin);
    });
  });
}

/** One connection with one session, whose command is the script itself. */
const runRemote: ScriptRunner = async (script, inputs, previous, context): Promise<ScriptOutput> => {
  const environment = environmentOf(inputs, previous, context);
  const client = await dial(inputs.connection, context);
  // A connection that breaks ends its session without a status, which is reported below.
  client.on("error", () => undefined);
  const log = outputLogger(inputs, context);
  const printed = { stdout: "", stderr: "" };
  let both = "";
  try {
    const command = { script, stdin: optionalText(inputs, "stdin") ?? "", environment };
    const end = await runSession(client, command, (stream, chunk) => {
      printed[stream] += chunk;
      both += chunk;
      log(stream, chunk);
    });
    const failure = failureOf(end);
    if (failure !== undefined)
      throw new EngineError("provider", `${failure}: running ${goQuote(script)}:\n${both}`);
    return { stdout: trimmed(printed.stdout), stderr: trimmed(printed.stderr) };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("provider", `${messageOf(error)}: running ${goQuote(script)}`, { cause: error });
  } finally {
    client.end();
  }
};

/** `command.remote.Command`. */
export const remoteCommand = scriptResource(runRemote, ["connection"]);

/** The stand-in for `docker`: finds the command and turns how it ended into an exit code. */
import { compose } from "../compose/compose.ts";
import { StartRefused } from "../engine/container.ts";
import { PortRefused } from "../engine/ports.ts";
import { type Call, type Command, CommandFailure, type Reply, unsupported } from "./call.ts";
import { inspect, kill, logs, ps, restart, rm, start, stop } from "./container-commands.ts";
import { cp, create, run } from "./create-commands.ts";
import { exec } from "./exec.ts";
import { image, list, pull } from "./image-commands.ts";
import { info, version } from "./system-commands.ts";

const commands = new Map<string, Command>([
  ["compose", compose],
  ["cp", cp],
  ["create", create],
  ["exec", exec],
  ["image", image],
  ["images", list],
  ["info", info],
  ["inspect", inspect],
  ["kill", kill],
  ["logs", logs],
  ["ps", ps],
  ["pull", pull],
  ["restart", restart],
  ["rm", rm],
  ["run", run],
  ["start", start],
  ["stop", stop],
  ["version", version],
]);

/** Runs one invocation to its end. Never throws. */
export async function runDocker(call: Omit<Call, "out" | "err">): Promise<Reply> {
  const reply: Reply = { stdout: "", stderr: "", exitCode: 0 };
  const full: Call = {
    ...call,
    out: (text) => {
      reply.stdout += text;
    },
    err: (line) => {
      if (line !== "") reply.stderr += `${line}\n`;
    },
    outBytes: (bytes) => {
      reply.bytes = bytes;
    },
  };
  try {
    await dispatch(full);
  } catch (cause) {
    const failure = asFailure(cause);
    full.err(failure.message);
    reply.exitCode = failure.exitCode;
  }
  return reply;
}

async function dispatch(call: Call): Promise<void> {
  const [name = "", ...argv] = call.argv[0] === "container" ? call.argv.slice(1) : call.argv;
  const command = commands.get(name === "ls" && call.argv[0] === "container" ? "ps" : name);
  if (!command) throw unsupported(`\`docker ${name}\``);
  await command({ ...call, argv });
}

function asFailure(cause: unknown): CommandFailure {
  if (cause instanceof CommandFailure) return cause;
  if (cause instanceof StartRefused || cause instanceof PortRefused) {
    return new CommandFailure(1, `Error response from daemon: ${cause.message}`);
  }
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return new CommandFailure(1, `the simulated host's docker failed: ${text}`);
}

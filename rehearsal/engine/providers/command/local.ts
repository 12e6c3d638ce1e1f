import { spawn } from "node:child_process";
import { EngineError, unsupported } from "../../failure.ts";
import { object, optionalText, text, texts } from "../fields.ts";
import { outputLogger } from "./logging.ts";
import { goQuote, trimmed } from "./quote.ts";
import { type ScriptRunner, scriptResource } from "./script-resource.ts";

const runLocal: ScriptRunner = (script, inputs, previous, context) => {
  if (inputs.assetPaths !== undefined || inputs.archivePaths !== undefined) {
    throw unsupported("assetPaths or archivePaths of a local.Command");
  }
  const interpreter = texts(inputs, "interpreter");
  const [file = "/bin/sh", ...args] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
  const [stdout, stderr] = [text(previous, "stdout"), text(previous, "stderr")];
  const remembered = {
    ...(stdout && { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr && { PULUMI_COMMAND_STDERR: stderr }),
  };
  const added = inputs.addPreviousOutputInEnv === false ? {} : remembered;
  const environment = Object.fromEntries(
    Object.entries(object(inputs, "environment")).map(([key, value]) => [key, String(value)]),
  );
  const log = outputLogger(inputs, context);
  const child = spawn(file, [...args, script], {
    cwd: optionalText(inputs, "dir"),
    env: { ...process.env, ...added, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    // A signal for the engine must not reach a running script: the engine lets it finish.
    detached: true,
  });
  const printed = { stdout: "", stderr: "" };
  let both = "";
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      printed[stream] += chunk;
      both += chunk;
      log(stream, chunk);
    });
  }
  child.stdin.on("error", () => undefined);
  child.stdin.end(optionalText(inputs, "stdin") ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(new EngineError("provider", `${cause.message}: running ${goQuote(script)}`, { cause })),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return resolve({ stdout: trimmed(printed.stdout), stderr: trimmed(printed.stderr) });
      const end = code === null ? `signal: ${signal}` : `exit status ${code}`;
      return reject(new EngineError("provider", `${end}: running ${goQuote(script)}:\n${both}`));
    });
  });
};

/** `command.local.Command`. */
export const localCommand = scriptResource(runLocal);

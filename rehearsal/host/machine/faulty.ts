/** How rehearsed faults strike hosts. */
import { setTimeout } from "node:timers/promises";
import type { ServerChannel } from "ssh2";
import type { FaultAction, Faults } from "../../faults/faults.ts";
import { mergePatch } from "../../http/merge-patch.ts";
import type { Reply } from "../docker/call.ts";
import type { SshServerOptions } from "../ssh/server.ts";

/** `<name> connect`: refused, late, or cut after a while. */
export function greeting(faults: Faults, name: string): ReturnType<SshServerOptions["greet"]> {
  const action = faults.take("host", `${name} connect`);
  switch (action?.kind) {
    case undefined:
      return { delay: 0 };
    case "delay":
      return { delay: action.milliseconds };
    case "drop":
      return { delay: 0, dropAfter: action.afterMilliseconds ?? 0 };
    case "refuse":
    case "status":
    case "lie":
      return { refuse: true };
  }
}

/**
 * What faults match of a command: its first line. Scripts that are several files in one have the same one, so that
 * the other comments that begin a line follow it.
 */
export function execSubject(name: string, command: string): string {
  const [first = "", ...rest] = command.split("\n");
  return [`${name} exec ${first}`, ...rest.filter((line) => line.startsWith("# "))].join(" ");
}

/** `<name> exec …`: runs `start`, or does what the fault says. The script goes on when its connection is cut. */
export function execute(
  action: FaultAction | undefined,
  channel: ServerChannel,
  drop: () => void,
  start: () => void,
  power: AbortSignal,
): void {
  switch (action?.kind) {
    case undefined:
      return start();
    case "refuse":
      return drop();
    case "delay":
      void after(action.milliseconds, power).then(start);
      return;
    case "drop":
      start();
      void after(action.afterMilliseconds ?? 0, power).then(drop);
      return;
    case "status":
      return endWith(channel, action.status, action.message ?? "", "stderr");
    case "lie":
      return endWith(channel, 0, action.text ?? "", "stdout");
  }
}

/** Waits, at most until the power goes. */
async function after(milliseconds: number, power: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: power }).catch(() => {});
}

function endWith(channel: ServerChannel, status: number, text: string, stream: "stdout" | "stderr"): void {
  channel.resume();
  if (text !== "") (stream === "stdout" ? channel : channel.stderr).write(`${text}\n`);
  channel.stderr.write("", () => {
    channel.exit(status);
    channel.end();
  });
}

export const noDaemon: Reply = {
  stdout: "",
  stderr:
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
  exitCode: 1,
};

/**
 * `<name> docker …` and the like: runs the call, or does what the fault says instead or afterwards.
 * @param unreachable how the program ends when there is nobody at the other end
 */
export async function faultyReply(
  action: FaultAction | undefined,
  run: () => Promise<Reply>,
  power: AbortSignal,
  unreachable: Reply,
): Promise<Reply> {
  switch (action?.kind) {
    case undefined:
      return run();
    case "delay":
      await after(action.milliseconds, power);
      return power.aborted ? unreachable : run();
    case "status":
      return { stdout: "", stderr: `${action.message ?? "rehearsed fault"}\n`, exitCode: action.status };
    case "refuse":
    case "drop":
      return unreachable;
    case "lie":
      return lie(action, await run());
  }
}

function lie(action: Extract<FaultAction, { kind: "lie" }>, reply: Reply): Reply {
  if (action.text !== undefined) return { ...reply, stdout: action.text };
  try {
    return { ...reply, stdout: `${JSON.stringify(mergePatch(JSON.parse(reply.stdout), action.patch))}\n` };
  } catch {
    return reply;
  }
}

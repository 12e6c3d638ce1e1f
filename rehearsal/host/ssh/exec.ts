/** Connects a running command with the channel that asked for it. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { ServerChannel } from "ssh2";

/**
 * Wires input, output, the end of both and the exit status. When the channel goes away the command goes on, as with a
 * real sshd without a terminal; but what it then writes ends it (SIGPIPE), as there too.
 */
export function wire(child: ChildProcessWithoutNullStreams, channel: ServerChannel): void {
  channel.on("error", () => {});
  channel.pipe(child.stdin);
  forward(child.stdout, channel, channel);
  forward(child.stderr, channel.stderr, channel);
  channel.on("close", () => {
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.once("error", () => end(channel, () => channel.exit(126)));
  child.once("close", (code, signal) => {
    end(channel, () => {
      if (signal === null) channel.exit(code ?? 255);
      else channel.exit(signal.replace(/^SIG/, ""), false, "");
    });
  });
}

function forward(from: NodeJS.ReadableStream, to: NodeJS.WritableStream, channel: ServerChannel): void {
  from.on("data", (chunk: Buffer) => {
    if (!channel.writable || to.write(chunk)) return;
    from.pause();
    const resume = () => {
      to.removeListener("drain", resume);
      channel.removeListener("close", resume);
      from.resume();
    };
    to.once("drain", resume);
    channel.once("close", resume);
  });
}

/** Ends the channel when everything written to it has gone out. */
function end(channel: ServerChannel, status: () => void): void {
  if (!channel.writable) return;
  channel.stderr.write("", () => {
    status();
    channel.end();
  });
}

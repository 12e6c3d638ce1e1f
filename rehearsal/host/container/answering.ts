/** Whether an SSH server answers. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds. */
const pause = 40;
const patience = 1000;

/** True when something at this address greets as an SSH server does (RFC 4253, section 4.2). */
function greets(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket
      .setTimeout(patience, () => end(false))
      .once("data", (chunk: Buffer) => end(chunk.toString("latin1").startsWith("SSH-")))
      .once("error", () => end(false))
      .once("close", () => end(false));
  });
}

/** Waits until an SSH server answers. @returns false when none did within so many milliseconds, or the wait was given up */
export async function untilSshAnswers(
  address: string,
  { port = 22, within, signal }: { port?: number; within: number; signal?: AbortSignal },
): Promise<boolean> {
  for (const end = Date.now() + within; Date.now() < end && !signal?.aborted; await sleep(pause))
    if (await greets(address, port)) return true;
  return false;
}

/** An SSH client for these tests. */
import { once } from "node:events";
import ssh2 from "ssh2";

export interface Ran {
  code: number | null;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

export interface Target {
  address: string;
  port: number;
  user: string;
  privateKey: string;
}

/** Logs in; reject when that fails. */
export async function connect({ address, port, user, privateKey }: Target): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  // Connections end in all kinds of ways here, also after the first error.
  client.on("error", () => {});
  const ready = once(client, "ready");
  client.connect({ host: address, port, username: user, privateKey });
  // Small packets that wait for acknowledgements cost 40 ms each, some 100 ms a command.
  client.setNoDelay(true);
  await ready;
  return client;
}

/** Runs a command on an open connection; rejects when the channel cannot be opened or is cut. */
export function execute(client: ssh2.Client, command: string, input = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const ran: Ran = { code: null, signal: undefined, stdout: "", stderr: "" };
      let ended = false;
      channel.on("data", (chunk: Buffer) => {
        ran.stdout += chunk.toString();
      });
      channel.stderr.on("data", (chunk: Buffer) => {
        ran.stderr += chunk.toString();
      });
      channel.on("exit", (code: number | null, signal?: string) => {
        ended = true;
        ran.code = code;
        ran.signal = signal;
      });
      channel.on("close", () => (ended ? resolve(ran) : reject(new ConnectionCut())));
      channel.end(input);
    });
  });
}

/** The connection went away before the command said how it ended. */
export class ConnectionCut extends Error {
  override name = "ConnectionCut";
}

/** Logs in, runs one command, logs out. */
export async function run(target: Target, command: string, input = ""): Promise<Ran> {
  const client = await connect(target);
  try {
    return await execute(client, command, input);
  } finally {
    client.end();
  }
}

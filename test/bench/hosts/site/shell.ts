import { Client } from "ssh2";
import { BenchFailure } from "../../failure.ts";
import type { Droplet } from "./droplets.ts";

/** Milliseconds that a script may take. */
const limit = 300_000;

/**
 * One connection, one script, its input: how a deployment without the product is done.
 * @returns what it wrote
 * @throws BenchFailure when it does not end with 0
 */
export function shell(host: Droplet, privateKey: string, script: string, input = ""): Promise<string> {
  const client = new Client();
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      client.destroy();
      reject(new BenchFailure(`a script did not end on ${host.name} within ${limit / 1000} s`));
    }, limit);
    client
      .on("error", reject)
      .on("close", () => clearTimeout(late))
      .on("ready", () =>
        client.exec(script, (error, channel) => {
          if (error) return reject(error);
          let [output, said] = ["", ""];
          let status: number | null = null;
          channel.on("data", (chunk: Buffer) => (output += chunk.toString()));
          channel.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
          channel.on("exit", (code: number | null) => {
            status = code;
          });
          channel.on("close", () => {
            client.end();
            if (status === 0) resolve(output);
            else reject(new BenchFailure(`a script ended with ${status} on ${host.name}: ${said.trim()}`));
          });
          channel.end(input);
        }),
      )
      .connect({ host: host.address, port: 22, username: "liftlock", privateKey, readyTimeout: 60_000 })
      .setNoDelay(true);
  });
}

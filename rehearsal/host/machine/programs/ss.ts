/** The program `ss`, for sockets that listen. https://man7.org/linux/man-pages/man8/ss.8.html */
import type { Invocation, Reply } from "../../docker/call.ts";

/** A TCP socket that listens. */
export interface OpenSocket {
  address: string;
  port: number;
}

/** Lists what listens, in the columns of `ss -H -ltun`. Nothing on a simulated host takes UDP. */
export function ss({ argv }: Invocation, sockets: readonly OpenSocket[]): Reply {
  if (argv.join(" ") !== "-H -ltun")
    return {
      stdout: "",
      stderr: `the simulated host's ss does not support: ${argv.join(" ")}\n`,
      exitCode: 255,
    };
  const lines = sockets.map(({ address, port }) => `tcp LISTEN 0 4096 ${address}:${port} 0.0.0.0:*\n`);
  return { stdout: lines.join(""), stderr: "", exitCode: 0 };
}

/** The program `haproxy`: versions, and the check of a configuration. The edge itself is run by its unit. */
import { resolve } from "node:path";
import type { Invocation, Reply } from "../../docker/call.ts";
import { parseConfig } from "../config/parse.ts";
import type { Files } from "../config/refusal.ts";
import { version } from "../control/info.ts";
import { refused } from "../messages.ts";

/** @param files by path on the host */
export function haproxy({ argv, cwd }: Invocation, files: Files): Reply {
  if (argv.length === 1 && argv[0] === "-v") {
    return { stdout: `HAProxy version ${version} - https://haproxy.org/\n`, stderr: "", exitCode: 0 };
  }
  const [first, ...rest] = argv.filter((word) => word !== "-V");
  const [keyword, file] = rest;
  if (first !== "-c" || keyword !== "-f" || file === undefined || rest.length !== 2) {
    const stderr = `the simulated host's haproxy does not support: ${argv.join(" ")}\n`;
    return { stdout: "", stderr, exitCode: 1 };
  }
  const text = files.read(resolve(cwd, file));
  const alerts = text
    ? parseConfig(text.toString(), file, { read: (path) => files.read(resolve(cwd, path)) }).alerts
    : [`config : Cannot open configuration file/directory ${file} : No such file or directory`];
  if (alerts.length > 0) return { stdout: "", stderr: refused(1, alerts), exitCode: 1 };
  return { stdout: argv.includes("-V") ? "Configuration file is valid\n" : "", stderr: "", exitCode: 0 };
}

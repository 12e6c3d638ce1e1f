/** The program `systemctl`, asked whether a unit is active. */
import type { Invocation, Reply } from "../../docker/call.ts";
import type { Units } from "../units.ts";

/** Exit codes as in https://man7.org/linux/man-pages/man1/systemctl.1.html: 3 for a unit that does not run, 4 for none. */
export function systemctl({ argv }: Invocation, units: Units): Reply {
  const [command, unit, ...rest] = argv;
  if (command !== "is-active" || unit === undefined || rest.length > 0)
    return {
      stdout: "",
      stderr: `the simulated host's systemctl does not support: ${argv.join(" ")}\n`,
      exitCode: 1,
    };
  const state = units.state(unit);
  const exitCode = state === "active" ? 0 : state === undefined ? 4 : 3;
  return { stdout: `${state ?? "inactive"}\n`, stderr: "", exitCode };
}

/** `docker compose`: reads the project and hands over to the command. */

import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { type Call, type Command, unsupported } from "../docker/call.ts";
import { type Flags, parseFlags } from "../docker/flags.ts";
import { composeVersion } from "../docker/system-commands.ts";
import { config, pull } from "./config.ts";
import { down, kill, restart, rm, start, stop } from "./lifecycle.ts";
import { logs, ps } from "./list.ts";
import { loadProject, type Project } from "./project.ts";
import { fileMissing } from "./refusal.ts";
import { run } from "./run.ts";
import { up } from "./up.ts";

const commands = new Map<string, (call: Call, project: Project) => Promise<void>>([
  ["config", config],
  ["down", down],
  ["kill", kill],
  ["logs", logs],
  ["ps", ps],
  ["pull", pull],
  ["restart", restart],
  ["rm", rm],
  ["run", run],
  ["start", start],
  ["stop", stop],
  ["up", up],
]);

/** `docker compose …` */
export const compose: Command = async (call) => {
  const flags = parseFlags(
    "docker compose",
    call.argv,
    {
      "project-name": { takes: "value", short: "p" },
      "project-directory": { takes: "value" },
      "env-file": { takes: "value" },
      file: { takes: "value", short: "f" },
      profile: { takes: "value" },
      progress: { takes: "value" },
      ansi: { takes: "value" },
    },
    true,
  );
  const [name = "", ...argv] = flags.operands;
  if (name === "version") return call.out(`Docker Compose version v${composeVersion}\n`);
  const command = commands.get(name);
  if (!command) throw unsupported(`\`docker compose ${name}\``, 1);
  const project = await loadProject({
    name: flags.value("project-name"),
    directory: flags.value("project-directory"),
    files: await filesOf(call, flags),
    environmentFiles: flags.values("env-file"),
    profiles: flags.values("profile"),
    cwd: call.cwd,
    environment: call.environment,
    warn: call.err,
  });
  await command({ ...call, argv }, project);
};

/** The files named, or the first of the usual ones in the folder. */
async function filesOf(call: Call, flags: Flags): Promise<readonly string[]> {
  const named = flags.values("file");
  if (named.length > 0) return named;
  const folder = resolve(call.cwd, flags.value("project-directory") ?? ".");
  for (const name of ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]) {
    const file = resolve(folder, name);
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return [file];
  }
  throw fileMissing("no configuration file provided: not found");
}

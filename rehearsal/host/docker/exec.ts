/** `docker exec`: the programs of a database, which are all that a simulated container has. */
import type { Container } from "../engine/container.ts";
import type { Engine } from "../engine/engine.ts";
import { databasePrograms } from "../service/database/programs.ts";
import { type Command, CommandFailure, daemonFailure } from "./call.ts";
import { parseFlags } from "./flags.ts";

/** Where the volume of a container at a path is on this machine; a volume without a name where nothing is mounted there. */
export function folderAt(engine: Engine, container: Container, path: string): string {
  const mount = container.spec.mounts?.find(({ target }) => target === path);
  return engine.volumes.folder(mount?.volume ?? container.id);
}

export const exec: Command = async (call) => {
  const flags = parseFlags("docker exec", call.argv, { interactive: { short: "i" } }, true);
  const [name = "", program = "", ...args] = flags.operands;
  const container = call.engine.find(name);
  if (!container) throw daemonFailure(`No such container: ${name}`);
  if (!container.running) throw daemonFailure(`container ${container.id} is not running`);
  const { database } = container;
  const run = database === undefined ? undefined : databasePrograms.get(program);
  if (database === undefined || !run)
    throw new CommandFailure(
      127,
      `OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
    );
  const ended = run({
    args,
    input: flags.on("interactive") ? (call.input ?? Buffer.alloc(0)).toString() : "",
    data: folderAt(call.engine, container, database.data),
    up: container.listener(database.port) !== undefined,
    environment: container.spec.environment,
  });
  call.out(ended.stdout);
  call.err(ended.stderr.trimEnd());
  if (ended.exitCode !== 0) throw new CommandFailure(ended.exitCode, "");
};

/** `docker compose run`: a service once, in the foreground. */
import { type Call, CommandFailure, unsupported } from "../docker/call.ts";
import { parseFlags } from "../docker/flags.ts";
import { createContainer } from "./containers.ts";
import { pullImages, readPullPolicy } from "./images.ts";
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";
import { selectServices } from "./selection.ts";

/** Ends with the container's exit code. */
export async function run(call: Call, project: Project): Promise<void> {
  const flags = parseFlags(
    "docker compose run",
    call.argv,
    {
      rm: {},
      "no-TTY": { short: "T" },
      interactive: { short: "i" },
      "no-deps": {},
      pull: { takes: "value" },
      "quiet-pull": {},
      "remove-orphans": {},
    },
    true,
  );
  const [name = "", ...command] = flags.operands;
  if (command.length > 0)
    throw unsupported("`docker compose run` with a command: simulated hosts run no programs", 1);
  const [service] = selectServices(project, [name], { dependencies: false });
  if (!service) throw failed(`no such service: ${name}`);
  if (!flags.on("no-deps") && Object.keys(service.dependsOn).length > 0) {
    throw unsupported("`docker compose run` without --no-deps for a service that depends on others", 1);
  }
  await pullImages(call, [service], readPullPolicy(flags.value("pull") ?? "missing"), call.err);
  const container = createContainer(call, project, service, "one-off");
  await container.start();
  const result = await call.engine.until(() => container.status === "exited", call.signal);
  if (result === "aborted") await container.stop(143);
  for (const { stream, text } of container.logs.tail()) {
    if (stream === "stdout") call.out(`${text}\n`);
    else call.err(text);
  }
  if (flags.on("rm")) call.engine.remove(container);
  if (container.exitCode !== 0) throw new CommandFailure(container.exitCode, "");
}

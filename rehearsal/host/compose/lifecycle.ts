/** `docker compose` commands that stop, start and remove what is there. */
import type { Call } from "../docker/call.ts";
import { parseFlags } from "../docker/flags.ts";
import type { Container } from "../engine/container.ts";
import { orphans, projectContainers, serviceLabel } from "./containers.ts";
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";
import { selectServices } from "./selection.ts";
import { removeContainer } from "./up.ts";

type Verb = (call: Call, project: Project) => Promise<void>;

/** Containers of the services named, or of all that are enabled. */
function targets(call: Call, project: Project, names: readonly string[]): Container[] {
  const services = new Set(selectServices(project, names, { dependencies: false }).map(({ name }) => name));
  return projectContainers(call.engine, project.name).filter(({ spec }) =>
    services.has(spec.labels[serviceLabel] ?? ""),
  );
}

function onEach(name: string, done: string, action: (container: Container) => Promise<void> | void): Verb {
  return async (call, project) => {
    const flags = parseFlags(`docker compose ${name}`, call.argv, {
      timeout: { takes: "value", short: "t" },
      signal: { takes: "value", short: "s" },
      "no-deps": {},
    });
    await Promise.all(
      targets(call, project, flags.operands).map(async (container) => {
        await action(container);
        call.err(` Container ${container.spec.name}  ${done}`);
      }),
    );
  };
}

export const stop = onEach("stop", "Stopped", (container) => container.stop());
export const start = onEach("start", "Started", (container) => container.start());
export const kill = onEach("kill", "Killed", (container) => container.kill());
export const restart = onEach("restart", "Started", async (container) => {
  await container.stop();
  await container.start();
});

/** Containers of services whose profiles are not asked for stay, as with the real compose. */
export async function down(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose down", call.argv, {
    "remove-orphans": {},
    timeout: { takes: "value", short: "t" },
    volumes: { short: "v" },
    rmi: { takes: "value" },
  });
  const doomed = new Set(targets(call, project, flags.operands));
  if (flags.on("remove-orphans"))
    for (const container of orphans(call.engine, project)) doomed.add(container);
  await Promise.all([...doomed].map((container) => removeContainer(call, container)));
  if (flags.operands.length > 0) return;
  removeSurroundings(call, project, flags.on("volumes"));
}

function removeSurroundings(call: Call, project: Project, volumes: boolean): void {
  const used = projectContainers(call.engine, project.name).length > 0;
  for (const network of project.networks) {
    const name = `${project.name}_${network}`;
    if (used) call.err(` Network ${name}  Resource is still in use`);
    else if (call.engine.networks.delete(name)) call.err(` Network ${name}  Removed`);
  }
  if (!volumes) return;
  for (const volume of project.volumes) {
    const name = `${project.name}_${volume}`;
    if (call.engine.volumes.delete(name)) call.err(` Volume ${name}  Removed`);
  }
}

/** `docker compose rm` */
export async function rm(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose rm", call.argv, {
    force: { short: "f" },
    stop: { short: "s" },
    volumes: { short: "v" },
  });
  if (!flags.on("force")) throw failed("No input: `docker compose rm` needs --force here");
  const containers = targets(call, project, flags.operands);
  for (const container of containers) {
    if (flags.on("stop") || !container.running) await removeContainer(call, container);
  }
}

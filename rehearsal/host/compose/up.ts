/** `docker compose up`: makes the host run what the project says. */
import type { Call } from "../docker/call.ts";
import { unsupported } from "../docker/call.ts";
import { parseFlags } from "../docker/flags.ts";
import type { Container } from "../engine/container.ts";
import { containerOf, createContainer, imageOf, isOutdated, orphans } from "./containers.ts";
import { pullImages, readPullPolicy } from "./images.ts";
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";
import { selectServices } from "./selection.ts";
import type { Service } from "./service.ts";
import { type Condition, type Expectation, verifyWanted, waitFor } from "./wait.ts";

export async function up(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose up", call.argv, {
    detach: { short: "d" },
    build: {},
    "no-build": {},
    pull: { takes: "value" },
    "quiet-pull": {},
    "remove-orphans": {},
    "no-deps": {},
    "force-recreate": {},
    "no-recreate": {},
    wait: {},
    "wait-timeout": { takes: "value" },
    timeout: { takes: "value", short: "t" },
    "no-color": {},
  });
  if (!flags.on("detach") && !flags.on("wait")) throw unsupported("`docker compose up` without --detach", 1);
  const services = selectServices(project, flags.operands, { dependencies: !flags.on("no-deps") });
  await pullImages(call, services, readPullPolicy(flags.value("pull") ?? "missing"), call.err);
  for (const service of services) imageOf(call, service);
  await handleOrphans(call, project, flags.on("remove-orphans"));
  createSurroundings(call, project);
  const recreate = flags.on("force-recreate") ? "always" : flags.on("no-recreate") ? "never" : "outdated";
  const containers = await Promise.all(services.map((service) => converge(call, project, service, recreate)));
  await startInOrder(call, project, services, !flags.on("no-deps"));
  if (!flags.on("wait")) return;
  for (const { spec } of containers) call.err(` Container ${spec.name}  Waiting`);
  const seconds = flags.number("wait-timeout") ?? 0;
  const expectations = services.flatMap((service, index): Expectation[] => {
    const container = containers[index];
    return container ? [{ container, condition: finalCondition(service, services) }] : [];
  });
  await waitFor(call.engine, expectations, { seconds, signal: call.signal });
  for (const { spec } of containers) call.err(` Container ${spec.name}  Healthy`);
}

/** A service that others need to have ended is waited for to end. */
function finalCondition({ name }: Service, services: readonly Service[]): Condition {
  const oneShot = services.some(
    ({ dependsOn }) => dependsOn[name]?.condition === "service_completed_successfully",
  );
  return oneShot ? "service_completed_successfully" : "running_or_healthy";
}

async function handleOrphans(call: Call, project: Project, remove: boolean): Promise<void> {
  const found = orphans(call.engine, project);
  if (found.length === 0) return;
  if (remove) {
    await Promise.all(found.map((container) => removeContainer(call, container)));
    return;
  }
  call.err(
    `level=warning msg="Found orphan containers ([${found.map(({ spec }) => spec.name).join(" ")}]) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up."`,
  );
}

function createSurroundings(call: Call, project: Project): void {
  const create = (kind: string, known: Set<string>, name: string) => {
    if (known.has(name)) return;
    known.add(name);
    call.err(` ${kind} ${name}  Created`);
  };
  for (const name of project.networks) create("Network", call.engine.networks, `${project.name}_${name}`);
  for (const name of project.volumes) create("Volume", call.engine.volumes, `${project.name}_${name}`);
}

/** The container of the service; a new one in the place of one that is outdated. */
async function converge(
  call: Call,
  project: Project,
  service: Service,
  recreate: "always" | "never" | "outdated",
): Promise<Container> {
  const existing = containerOf(call.engine, project.name, service.name);
  const image = imageOf(call, service);
  if (existing) {
    const outdated =
      recreate === "always" || (recreate === "outdated" && isOutdated(existing, service, image));
    if (!outdated) {
      call.err(` Container ${existing.spec.name}  Running`);
      return existing;
    }
    call.err(` Container ${existing.spec.name}  Recreate`);
    await existing.stop();
    verifyWanted(call.signal);
    call.engine.remove(existing);
  }
  verifyNameFree(call, service.containerName);
  const created = createContainer(call, project, service, "service");
  call.err(` Container ${created.spec.name}  ${existing ? "Recreated" : "Created"}`);
  return created;
}

function verifyNameFree(call: Call, name: string | undefined): void {
  const owner =
    name === undefined ? undefined : call.engine.containers().find(({ spec }) => spec.name === name);
  if (!owner) return;
  throw failed(
    `Error response from daemon: Conflict. The container name "/${name}" is already in use by container "${owner.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

/** Starts side by side what waits for nothing; the others when what they wait for is as they want it. */
async function startInOrder(
  call: Call,
  project: Project,
  services: readonly Service[],
  dependencies: boolean,
): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const start = async (service: Service): Promise<void> => {
    for (const [name, { condition }] of dependencies ? Object.entries(service.dependsOn) : []) {
      await started.get(name);
      const other = containerOf(call.engine, project.name, name);
      if (other)
        await waitFor(call.engine, [{ container: other, condition }], { seconds: 0, signal: call.signal });
    }
    const container = containerOf(call.engine, project.name, service.name);
    if (!container || container.running) return;
    verifyWanted(call.signal);
    call.err(` Container ${container.spec.name}  Starting`);
    await container.start();
    call.err(` Container ${container.spec.name}  Started`);
  };
  // Services come after what they depend on, so that its promise is there when they look for it.
  for (const service of services) started.set(service.name, start(service));
  const results = await Promise.allSettled(started.values());
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Stops and removes, saying so. */
export async function removeContainer(call: Call, container: Container): Promise<void> {
  const { name } = container.spec;
  if (container.running) {
    call.err(` Container ${name}  Stopping`);
    await container.stop();
    verifyWanted(call.signal);
    call.err(` Container ${name}  Stopped`);
  }
  call.engine.remove(container);
  call.err(` Container ${name}  Removed`);
}

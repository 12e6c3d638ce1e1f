/** `docker ps`, `inspect`, `logs` and what starts, stops and removes single containers. */
import type { Container } from "../engine/container.ts";
import { type Call, type Command, CommandFailure, daemonFailure, unsupported } from "./call.ts";
import { filterContainers, findImage, forEachContainer } from "./find.ts";
import { parseFlags } from "./flags.ts";
import { renderTemplate } from "./template.ts";
import { inspectContainer, inspectImage, listContainer } from "./views.ts";

/** `docker ps` */
export const ps: Command = async (call) => {
  const flags = parseFlags("docker ps", call.argv, {
    all: { short: "a" },
    quiet: { short: "q" },
    "no-trunc": {},
    filter: { takes: "value", short: "f" },
    format: { takes: "value" },
  });
  const filters = flags.values("filter");
  const all = flags.on("all") || filters.some((filter) => filter.startsWith("status="));
  const shown = filterContainers(call.engine.containers().toReversed(), filters).filter(
    (container) => all || container.running,
  );
  const id = (container: Container) => (flags.on("no-trunc") ? container.id : container.id.slice(0, 12));
  const format = flags.value("format");
  if (flags.on("quiet")) return call.out(shown.map((container) => `${id(container)}\n`).join(""));
  if (format === undefined) {
    call.out("CONTAINER ID\tIMAGE\tSTATUS\tPORTS\tNAMES\n");
  }
  for (const container of shown) {
    const view = { ...listContainer(container), ID: id(container) };
    call.out(`${renderTemplate(lineTemplate(format), view)}\n`);
  }
};

function lineTemplate(format: string | undefined): string {
  if (format === undefined) return "{{.ID}}\t{{.Image}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
  if (format.startsWith("table")) throw unsupported("table formats");
  return format === "json" ? "{{json .}}" : format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** `docker inspect` of containers and images */
export const inspect: Command = async (call) => {
  const flags = parseFlags("docker inspect", call.argv, {
    format: { takes: "value", short: "f" },
    type: { takes: "value" },
  });
  const type = flags.value("type");
  if (type !== undefined && type !== "container" && type !== "image") throw unsupported(`--type ${type}`);
  const found: unknown[] = [];
  const missing: string[] = [];
  for (const name of flags.required) {
    const container = type === "image" ? undefined : call.engine.find(name);
    const image = type === "container" || container ? undefined : findImage(call, name);
    if (container) found.push(inspectContainer(container));
    else if (image) found.push(inspectImage(image));
    else missing.push(name);
  }
  printInspected(call, found, flags.value("format"));
  if (missing.length > 0) {
    const kind = type ?? "object";
    throw new CommandFailure(1, missing.map((name) => `Error: No such ${kind}: ${name}`).join("\n"));
  }
};

/** Prints what was found: a JSON array, or a line each. */
export function printInspected(call: Call, found: readonly unknown[], format: string | undefined): void {
  if (format === undefined || format === "json") {
    call.out(`${JSON.stringify(found, undefined, format === undefined ? 4 : undefined)}\n`);
    return;
  }
  for (const value of found) call.out(`${renderTemplate(format, value)}\n`);
}

/** `docker logs` */
export const logs: Command = async (call) => {
  const flags = parseFlags("docker logs", call.argv, {
    tail: { takes: "value", short: "n" },
    timestamps: { short: "t" },
  });
  const [name = ""] = flags.required;
  const container = call.engine.find(name);
  if (!container) throw daemonFailure(`No such container: ${name}`);
  const tail = flags.value("tail") === "all" ? undefined : flags.number("tail");
  for (const { at, stream, text } of container.logs.tail(tail)) {
    const line = flags.on("timestamps") ? `${new Date(at).toISOString()} ${text}` : text;
    if (stream === "stdout") call.out(`${line}\n`);
    else call.err(line);
  }
};

/** A command that does one thing to each container named and prints its name. */
function each(name: string, action: (container: Container) => Promise<void> | void): Command {
  return (call) => {
    const flags = parseFlags(`docker ${name}`, call.argv, {
      time: { takes: "value", short: "t" },
      timeout: { takes: "value" },
      signal: { takes: "value", short: "s" },
    });
    return forEachContainer(call, flags.required, async (container, given) => {
      await action(container);
      call.out(`${given}\n`);
    });
  };
}

/** `docker stop` */
export const stop = each("stop", (container) => container.stop());
/** `docker start` */
export const start = each("start", (container) => container.start());
/** `docker restart` */
export const restart = each("restart", async (container) => {
  await container.stop();
  await container.start();
});
/** `docker kill` */
export const kill = each("kill", (container) => {
  if (!container.running) throw daemonFailure(`cannot kill container: ${container.id} is not running`);
  container.kill();
});

/** `docker rm` */
export const rm: Command = (call) => {
  const flags = parseFlags("docker rm", call.argv, { force: { short: "f" }, volumes: { short: "v" } });
  return forEachContainer(call, flags.required, (container, given) => {
    if (container.running && !flags.on("force")) {
      throw daemonFailure(
        `cannot remove container "/${container.spec.name}": container is running: stop the container before removing or force remove`,
      );
    }
    call.engine.remove(container);
    // Its volume without a name, if it has one.
    if (flags.on("volumes")) call.engine.volumes.delete(container.id);
    call.out(`${given}\n`);
  });
};

/** Finding what a command line names. */
import type { Container } from "../engine/container.ts";
import type { Image } from "../engine/image.ts";
import { parseReference, storedName } from "../pull/reference.ts";
import { type Call, CommandFailure, unsupported } from "./call.ts";

export function findImage(call: Call, name: string): Image | undefined {
  const reference = parseReference(name);
  const known = reference ? call.engine.images.find(storedName(reference)) : undefined;
  return known ?? call.engine.images.find(name);
}

/**
 * Does something with every container named; says which there are none of, on standard error, and fails in the end.
 */
export async function forEachContainer(
  call: Call,
  names: readonly string[],
  action: (container: Container, name: string) => Promise<void> | void,
): Promise<void> {
  let failed = false;
  for (const name of names) {
    const container = call.engine.find(name);
    try {
      if (!container) throw new CommandFailure(1, `Error response from daemon: No such container: ${name}`);
      await action(container, name);
    } catch (cause) {
      failed = true;
      call.err(
        cause instanceof CommandFailure ? cause.message : `Error response from daemon: ${String(cause)}`,
      );
    }
  }
  if (failed) throw new CommandFailure(1, "");
}

/** Containers that pass all filters: one value of each kind of filter must fit, as with Docker; labels must all fit. */
export function filterContainers(containers: readonly Container[], filters: readonly string[]): Container[] {
  const wanted = {
    label: [] as string[],
    status: [] as string[],
    name: [] as string[],
    id: [] as string[],
    volume: [] as string[],
  };
  for (const filter of filters) {
    const [, kind = "", value = ""] = /^([^=]+)=(.*)$/s.exec(filter) ?? [];
    if (kind !== "label" && kind !== "status" && kind !== "name" && kind !== "id" && kind !== "volume") {
      throw unsupported(`the filter ${filter}`);
    }
    wanted[kind].push(value);
  }
  const one = (values: readonly string[], fits: (value: string) => boolean) =>
    values.length === 0 || values.some(fits);
  return containers.filter(
    (container) =>
      wanted.label.every((label) => hasLabel(container, label)) &&
      one(wanted.status, (status) => container.status === status) &&
      one(wanted.name, (name) => container.spec.name.includes(name.replace(/^\/|^\^\/?|\$$/g, ""))) &&
      one(wanted.id, (id) => container.id.startsWith(id)) &&
      one(wanted.volume, (name) => container.spec.mounts?.some(({ volume }) => volume === name) ?? false),
  );
}

function hasLabel({ spec }: Container, label: string): boolean {
  const equals = label.indexOf("=");
  if (equals < 0) return Object.hasOwn(spec.labels, label);
  return spec.labels[label.slice(0, equals)] === label.slice(equals + 1);
}

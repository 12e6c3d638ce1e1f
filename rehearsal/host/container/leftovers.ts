/** Removes worlds from the machine's container engine: one's own at its end, and those whose process was killed. */

import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { removeDisks } from "./disk.ts";
import type { DockerApi } from "./docker-api.ts";
import { folderLabel, ownerLabel, withLabel, worldLabel } from "./labels.ts";
import { isGone, type Owner, readOwner } from "./owner.ts";

/** Containers and networks alike. */
const listed = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullable() }));

/** A world as its labels tell of it. */
export interface LabelledWorld {
  world: string;
  owner: Owner | undefined;
  folder: string;
}

const worldIn = (labels: Readonly<Record<string, string>>): LabelledWorld => ({
  world: labels[worldLabel] ?? "",
  owner: readOwner(labels[ownerLabel] ?? ""),
  folder: labels[folderLabel] ?? "",
});

/** Those whose process has certainly ended, each once. */
export function abandoned(
  labels: readonly Readonly<Record<string, string>>[],
  here: Pick<Owner, "boot" | "namespace">,
  startedAt?: (pid: number) => string | undefined,
): LabelledWorld[] {
  const worlds = new Map(labels.map(worldIn).map((world) => [world.world, world]));
  return [...worlds.values()].filter(
    ({ world, owner }) => world !== "" && owner !== undefined && isGone(owner, here, startedAt),
  );
}

async function listAll(api: DockerApi, filter: string) {
  const [containers, networks] = await Promise.all([
    api.read(listed, { method: "GET", path: `/containers/json?all=1&${filter}` }),
    api.read(listed, { method: "GET", path: `/networks?${filter}` }),
  ]);
  return { containers, networks };
}

/**
 * Removes a world's containers, disks and network. What is gone already is no failure.
 * @throws ContainerFailure `EngineRefused` or `EngineUnreachable`
 */
export async function removeWorld(api: DockerApi, world: string, folder: string): Promise<void> {
  const { containers, networks } = await listAll(api, withLabel(worldLabel, world));
  // 409: its removal is under way already.
  await Promise.all(
    containers.map(({ Id }) =>
      api.ask({ method: "DELETE", path: `/containers/${Id}?force=1&v=1`, also: [404, 409] }),
    ),
  );
  if (folder !== "") await removeDisks(folder);
  for (const { Id } of networks) await removeNetwork(api, Id);
}

/** A container whose removal somebody else has begun may still be in it for a moment. */
async function removeNetwork(api: DockerApi, id: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const { status } = await api.ask({ method: "DELETE", path: `/networks/${id}`, also: [403, 404] });
    if (status !== 403) return;
    await sleep(250);
  }
  await api.ask({ method: "DELETE", path: `/networks/${id}`, also: [404] });
}

/** Removes all worlds whose process has ended without doing so. @returns their names */
export async function removeLeftovers(api: DockerApi, here: Owner): Promise<string[]> {
  const { containers, networks } = await listAll(api, withLabel(ownerLabel));
  const gone = abandoned(
    [...containers, ...networks].map(({ Labels }) => Labels ?? {}),
    here,
  );
  for (const { world, folder } of gone) await removeWorld(api, world, folder);
  return gone.map(({ world }) => world);
}

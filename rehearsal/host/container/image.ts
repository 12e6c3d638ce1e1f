/** The image that hosts are started from: the root file system, imported into the machine's engine once. */
import { z } from "zod";
import type { DockerApi } from "./docker-api.ts";
import { ContainerFailure } from "./failure.ts";
import { recipeId } from "./recipe.ts";
import { openArchive, rootFileSystem } from "./root-file-system.ts";

const repository = "liftlock-rehearsal-host";
export const hostImage = `${repository}:${recipeId}`;

const inspected = z.object({ Comment: z.string().default("") });

/** Whether the engine has the image, made of this very archive. */
async function isImported(api: DockerApi, archive: string): Promise<boolean> {
  const known = await api.ask({ method: "GET", path: `/images/${hostImage}/json`, also: [404] });
  return known.status === 200 && inspected.parse(JSON.parse(known.bytes.toString())).Comment === archive;
}

/**
 * Makes sure that the engine has the image. It stays when the world ends: the next one starts in no time.
 * @throws ContainerFailure `RootFileSystemUnbuildable`, `RootFileSystemCorrupted`, `EngineRefused` or `EngineUnreachable`
 */
export async function ensureImage(api: DockerApi, cache: string): Promise<{ folder: string }> {
  const root = await rootFileSystem(cache);
  if (await isImported(api, root.archive)) return root;
  const query = new URLSearchParams({
    fromSrc: "-",
    repo: repository,
    tag: recipeId,
    message: root.archive,
  });
  const { bytes } = await api.ask({
    method: "POST",
    path: `/images/create?${query.toString()}`,
    body: await openArchive(root),
    timeout: 300_000,
  });
  // What goes wrong in the middle is told at the end of a successful answer.
  if (await isImported(api, root.archive)) return root;
  throw new ContainerFailure(
    "EngineRefused",
    `the container engine did not take the root file system: ${bytes.toString().trim()}`,
  );
}

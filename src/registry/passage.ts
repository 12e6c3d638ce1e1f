import { formatReference, type ImageReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";
import type { Scope } from "./challenge.ts";
import { type ImageContent, readImageContent } from "./imageContent.ts";
import { type CopyTally, emptyTally } from "./imageCopy.ts";
import { blobsIn } from "./manifest.ts";
import type { Registries } from "./registries.ts";
import type { Repository } from "./repository.ts";

/** Where the image of a service comes from and goes. */
export interface Route {
  service: string;
  source: ImageReference;
  target: ImageReference;
}

/** One image on its way, for every service that runs it. */
export interface Passage {
  services: readonly string[];
  source: ImageReference;
  target: ImageReference;
  from: Repository;
  to: Repository;
  content: ImageContent;
  tally: CopyTally;
}

/** Blobs of one image that may cost more requests than reading which ones the image before it has. */
const worthAsking = 4;

/** True when an image is in its target's repository already. */
export const stays = ({ source, target }: Pick<Route, "source" | "target">): boolean =>
  source.registry === target.registry && source.repository === target.repository;

/** Routes that are the same way of the same image. */
export function groupRoutes(routes: readonly Route[]): [Route, ...Route[]][] {
  const groups = new Map<string, [Route, ...Route[]]>();
  for (const route of routes) {
    const key = `${formatReference(route.source)} ${formatReference(route.target)}`;
    const group = groups.get(key);
    if (group) group.push(route);
    else groups.set(key, [route]);
  }
  return [...groups.values()];
}

/** Services of some routes, as messages name them. */
export const servicesOf = (routes: readonly Route[]): string =>
  routes.map(({ service }) => service).join(", ");

/**
 * Reads what goes along one way.
 * @throws Failure `ImageMissing`, `ImageCorrupted`, `RegistryUnavailable`
 */
export async function openPassage(
  routes: readonly [Route, ...Route[]],
  { registries, signal }: { registries: Registries; signal?: AbortSignal },
): Promise<Passage> {
  const [{ source, target }] = routes;
  const write: Scope = { repository: target.repository, actions: "pull,push" };
  const read: Scope = { repository: source.repository, actions: "pull" };
  const near = source.registry === target.registry;
  // Mounting needs access to both; one token then serves the whole image.
  const from = registries.repository(source.registry, source.repository, {
    scopes: near ? [write, read] : [read],
    signal,
  });
  const to = registries.repository(target.registry, target.repository, {
    scopes: near ? [write, read] : [write],
    signal,
  });
  const name = `${servicesOf(routes)} (${formatReference(source)})`;
  const content = await readImageContent(from, source.digest, name);
  const services = routes.map(({ service }) => service);
  return { services, source, target, from, to, content, tally: emptyTally(content) };
}

/** How many blobs of the image itself the target is not known to have. What is attached has none of an earlier release's. */
function unknownBlobs({ content, to }: Passage): number {
  const own = [...content.own].flatMap((digest) => content.manifests.get(digest) ?? []).flatMap(blobsIn);
  return new Set(own.map(({ digest }) => digest).filter((digest) => !to.memory.hasBlob(digest))).size;
}

/** Learns which layers the target has from the image that it runs now, where that saves requests. */
export async function learn(passage: Passage, previous: Release | undefined): Promise<void> {
  const { services, target, to } = passage;
  const runs = previous ? referencesOf(previous) : {};
  const image = services.flatMap((service) => runs[service] ?? []).at(0);
  if (!image || !stays({ source: image, target }) || unknownBlobs(passage) <= worthAsking) return;
  // Only a help: without it every layer is mounted.
  await to.manifest(image.digest).catch(() => undefined);
}

/**
 * Whether these images were copied before, in part at least. The target's tags say so where anything is attached: they have to be
 * read anyway. Otherwise one image is asked for, for all of them, the smallest: it is the first to be complete. A wrong answer
 * costs requests, never an image.
 */
export async function wasBegun(passages: readonly Passage[]): Promise<boolean> {
  const near = passages.filter(({ from, to }) => from.client === to.client);
  const attached = near.filter(({ content }) => content.tags.size > 0);
  const lists = await Promise.all(
    attached.map(async ({ to, content }) => ({ content, tags: await to.tags() })),
  );
  if (lists.some(({ content, tags }) => [...content.tags.keys()].some((tag) => tags?.has(tag)))) return true;
  if (lists.some(({ tags }) => tags !== undefined)) return false;
  const [smallest] = near.toSorted((a, b) => unknownBlobs(a) - unknownBlobs(b));
  return smallest !== undefined && smallest.to.hasManifest(smallest.content.digest);
}

import type { Digest } from "../release/digest.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { formatReference, type ImageReference, parseReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";
import { copyImage } from "./imageCopy.ts";
import type { RepositoryMapping } from "./mapping.ts";
import { groupRoutes, learn, openPassage, type Passage, servicesOf, stays, wasBegun } from "./passage.ts";
import type { Registries } from "./registries.ts";

export interface CopyOptions {
  /** The promotion's registries: what validation read is not read again. */
  registries: Registries;
  /** What the target runs now: layers that its images have need not be mounted again. */
  previous?: Release | undefined;
  signal?: AbortSignal;
}

/** What was done for one image. */
export interface CopiedImage {
  digest: Digest;
  /** Blobs that the registry took over from the source repository. */
  mounted: number;
  /** Bytes of blobs that were sent. */
  streamedBytes: number;
  /** Requests sent, tries included, authentication not. */
  requests: number;
  /** Digests of what refers to the image (signatures, attestations, reports) and is in the target too. */
  referrers: Digest[];
  /** Tags of such that the target has with more than the source; they were left alone. */
  kept: string[];
}

export interface CopiedRelease {
  /** The same digests in the target's repositories. */
  release: Release;
  images: Record<string, CopiedImage>;
}

function targetOf(service: string, source: ImageReference, mapping: RepositoryMapping): ImageReference {
  const target = { ...mapping(source), digest: source.digest };
  const parsed = parseReference(formatReference(target));
  if (!("problem" in parsed)) return parsed;
  throw new Failure({
    code: "ConfigInvalid",
    message: `the mapping of repositories makes "${formatReference(target)}" of ${service}'s image: ${parsed.problem}`,
    fault: "user",
  });
}

/** A failure that says which image, and how far the copy came. */
function toldBy(
  thrown: unknown,
  { services, source, target, tally }: Passage,
  whole: number,
  all: number,
): Failure {
  const failure = asFailure(thrown);
  const gaveUp = failure.code === "CopyFailed" || failure.code === "RegistryUnavailable";
  // Refused access is not mended by trying again, and what is wrong with the image is said better by its own failure.
  if (!gaveUp || failure.fault === "user") return failure;
  const [from, to] = [source, target].map((r) => `${r.registry}/${r.repository}`);
  return new Failure({
    code: "CopyFailed",
    message: `${services.join(", ")} could not be copied from ${from} to ${to}: ${failure.message}. ${tally.done.size} of ${tally.all} of its parts and ${whole} of ${all} images are there`,
    hint: "Production was not touched. Run the same command again: what is there already is not copied again.",
    cause: failure,
  });
}

function settled<T>(
  results: readonly PromiseSettledResult<T>[],
  told: (thrown: unknown, at: number) => Failure,
): T[] {
  const at = results.findIndex((result) => result.status === "rejected");
  const bad = results[at];
  if (bad?.status === "rejected") throw told(bad.reason, at);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/**
 * Copies a release from its repositories to those of the next environment; every digest stays, and everything that refers to an image
 * goes along. Within one registry blobs are mounted and no layer is moved; to another they are streamed. Nothing is written before all
 * images have been read. What is there is not copied again, so a copy that was interrupted is finished by another.
 *
 * Requests for an image: one for each of its blobs that the target is not known to have, one for each of its manifests, and where
 * something is attached one for the target's tags. What validation has not read before comes on top, and for a release without
 * anything attached one question for all of it (docs/decisions/0019-copy-in-few-requests.md).
 * @throws Failure `CopyFailed` after three tries of something, `RegistryUnavailable` (fault: user) when access is refused, `ImageMissing`,
 * `ImageCorrupted`, `ConfigInvalid` when the mapping makes no repository's name; the first of them, in the order of services
 */
export async function copyRelease(
  release: Release,
  mapping: RepositoryMapping,
  options: CopyOptions,
): Promise<CopiedRelease> {
  const routes = Object.entries(referencesOf(release)).map(([service, source]) => ({
    service,
    source,
    target: targetOf(service, source, mapping),
  }));
  const moving = groupRoutes(routes.filter((route) => !stays(route)));
  const passages = settled(
    await Promise.allSettled(moving.map((group) => openPassage(group, options))),
    (thrown, at) => unreadable(thrown, servicesOf(moving[at] ?? [])),
  );
  await Promise.all(passages.map((passage) => learn(passage, options.previous)));
  const begun = await wasBegun(passages).catch(() => false);
  const results = await Promise.allSettled(
    passages.map(({ from, to, content, tally }) =>
      copyImage(from, to, content, tally, { askFirst: begun || from.client !== to.client }),
    ),
  );
  const whole = results.filter(({ status }) => status === "fulfilled").length;
  settled(results, (thrown, at) => {
    const passage = passages[at];
    return passage ? toldBy(thrown, passage, whole, passages.length) : asFailure(thrown);
  });
  return {
    release: {
      ...release,
      images: Object.fromEntries(routes.map(({ service, target }) => [service, formatReference(target)])),
    },
    images: Object.fromEntries(
      routes.map(({ service, source }) => {
        const passage = passages.find(({ services }) => services.includes(service));
        if (!passage) return [service, unmoved(source)];
        // What was done for an image that several services run is counted once.
        return [service, { ...resultOf(passage), ...(passage.services[0] !== service && nothingDone) }];
      }),
    ),
  };
}

function unreadable(thrown: unknown, service: string): Failure {
  const failure = asFailure(thrown);
  if (failure.code !== "RegistryUnavailable" || failure.fault === "user") return failure;
  return new Failure({
    code: "CopyFailed",
    message: `${service} could not be read to be copied: ${failure.message}. Nothing was copied`,
    hint: "Production was not touched. Run the same command again when the registry answers.",
    cause: failure,
  });
}

const nothingDone = { mounted: 0, streamedBytes: 0, requests: 0 };

const unmoved = ({ digest }: ImageReference): CopiedImage => ({
  digest,
  ...nothingDone,
  referrers: [],
  kept: [],
});

function resultOf({ from, to, content, tally }: Passage): CopiedImage {
  const left = new Set(tally.kept.map((tag) => content.tags.get(tag)));
  return {
    digest: content.digest,
    mounted: tally.mounted,
    streamedBytes: tally.streamedBytes,
    requests: from.requests + to.requests,
    referrers: [...content.manifests.keys()].filter(
      (digest) => !content.own.has(digest) && !left.has(digest),
    ),
    kept: tally.kept,
  };
}

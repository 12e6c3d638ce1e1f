import type { Digest } from "../release/digest.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { ImageReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";
import type { RepositoryName } from "./mapping.ts";
import type { Registries } from "./registries.ts";
import type { Repository } from "./repository.ts";

export interface TagOptions {
  registries: Registries;
  signal?: AbortSignal;
}

/** One tag that was set, and what it pointed to before. */
export interface TagMove extends RepositoryName {
  tag: string;
  /** Absent when there was no such tag. */
  from?: Digest;
  to: Digest;
}

const pattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A version as a tag: `+` stands in no tag and becomes `_`. */
export const versionTag = (release: Release): string => release.version.replaceAll("+", "_");

function repositoryOf(name: RepositoryName, { registries, signal }: TagOptions): Repository {
  const scopes = [{ repository: name.repository, actions: "pull,push" as const }];
  return registries.repository(name.registry, name.repository, { scopes, signal });
}

const at = ({ registry, repository, tag }: RepositoryName & { tag: string }) =>
  `${registry}/${repository}:${tag}`;

const isStop = (failure: Failure) => failure.code === "Interrupted" || failure.code === "DeadlineExceeded";

function updateFailed(thrown: unknown, where: string, left: string): Failure {
  const failure = asFailure(thrown);
  if (isStop(failure)) return failure;
  return new Failure({
    code: "RegistryUpdateFailed",
    message: `expected to set ${where}: ${failure.message}${left}`,
    hint: failure.hint ?? "Run the same command again when the registry answers.",
    cause: failure,
    fault: failure.fault,
  });
}

/**
 * The digest that a tag points to; `undefined` when there is no such tag.
 * @throws Failure `RegistryUnavailable`
 */
export async function readTag(
  name: RepositoryName,
  tag: string,
  { registries, signal }: TagOptions,
): Promise<Digest | undefined> {
  return registries.repository(name.registry, name.repository, { signal }).digestOf(tag);
}

/**
 * Points a tag at an image of the same repository by putting the image's manifest, byte for byte, under the tag's name.
 * @returns the move, with what the tag pointed to before; a tag that is right already is left alone
 * @throws Failure `RegistryUpdateFailed`
 */
export async function moveTag(image: ImageReference, tag: string, options: TagOptions): Promise<TagMove> {
  const { registry, repository, digest } = image;
  const where = at({ registry, repository, tag });
  try {
    if (!pattern.test(tag)) throw wrong(`"${tag}" cannot be a tag`);
    const target = repositoryOf(image, options);
    const from = await target.digestOf(tag);
    const move: TagMove = { registry, repository, tag, to: digest, ...(from && { from }) };
    if (from === digest) return move;
    const manifest = await target.manifest(digest);
    if (!manifest) throw wrong(`${registry}/${repository} has no ${digest}`);
    const said = await target.putManifest(manifest, tag);
    if (said !== undefined) throw wrong(said);
    return move;
  } catch (thrown) {
    throw updateFailed(thrown, where, "");
  }
}

const wrong = (message: string) => new Failure({ code: "RegistryUpdateFailed", message });

/**
 * Points tags back to what they pointed to before. A tag that was new stays: the protocol of some registries, GHCR's among them, takes
 * no tag away.
 * @returns the tags that could not be moved back, each with the reason
 */
export async function restoreTags(
  moves: readonly TagMove[],
  options: TagOptions,
): Promise<{ move: TagMove; problem: string }[]> {
  const problems = await Promise.all(
    moves.map(async (move) => {
      if (move.from === move.to) return [];
      if (move.from === undefined) return [{ move, problem: "it did not exist before" }];
      try {
        await moveTag({ ...move, digest: move.from }, move.tag, options);
        return [];
      } catch (thrown) {
        return [{ move, problem: asFailure(thrown).message }];
      }
    }),
  );
  return problems.flat();
}

/**
 * Points tags at every image of a release: all of them or, as far as the registry allows, none. Tags that were moved before one failed
 * are moved back.
 * @param tags for instance `main` and {@link versionTag}; `latest` only after the release was verified where it runs
 * @returns what was moved, to be given to {@link restoreTags} when the release is taken back
 * @throws Failure `RegistryUpdateFailed`; its message says which tags were left moved
 */
export async function applyTags(
  release: Release,
  tags: readonly string[],
  options: TagOptions,
): Promise<TagMove[]> {
  const wanted = Object.values(referencesOf(release)).flatMap((image) => tags.map((tag) => ({ image, tag })));
  const results = await Promise.allSettled(wanted.map(({ image, tag }) => moveTag(image, tag, options)));
  const moves = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const bad = results.find((result) => result.status === "rejected");
  if (!bad) return moves;
  // The signal that stopped the tagging must not stop the tidying up.
  const left = await restoreTags(moves, { registries: options.registries });
  const failure = asFailure(bad.reason);
  if (left.length === 0) throw failure;
  throw new Failure({
    code: failure.code,
    message: `${failure.message}; left as they are: ${left.map(({ move }) => at(move)).join(", ")}`,
    ...(failure.hint !== undefined && { hint: failure.hint }),
    cause: failure,
    fault: failure.fault,
  });
}

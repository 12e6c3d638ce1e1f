import { z } from "zod";
import type { StoredContent } from "../plan/retention/stored.ts";
import type { Digest } from "../release/digest.ts";
import { parseJson } from "./json.ts";
import { registryLimits } from "./limits.ts";
import { blobsOf, manifestTypes, parseManifest, sha256 } from "./manifest.ts";
import { corrupted, saidOf } from "./refusals.ts";
import type { Repository } from "./repository.ts";

const withSubject = z.object({ subject: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }) });

/**
 * What a manifest holds and refers to. One that is neither an image's nor an index's, or that nobody can read, counts as a list of every
 * digest that it mentions: whatever it is, nothing that it might need goes before it.
 */
export function storedContent({ digest, bytes }: { digest: string; bytes: Buffer }): StoredContent {
  const own = { digest, size: bytes.length };
  const content = parseManifest(bytes);
  const subject = withSubject.safeParse(parseJson(bytes)).data?.subject.digest;
  const tied = subject === undefined ? {} : { subject };
  if (!content)
    return { blobs: [own], members: bytes.toString("latin1").match(/sha256:[0-9a-f]{64}/g) ?? [], ...tied };
  const blobs = blobsOf(content).map((blob) => ({ digest: blob.digest, size: blob.size }));
  const members = content.kind === "index" ? content.manifests.map((member) => member.digest) : [];
  return { blobs: [own, ...blobs], members, ...tied };
}

/**
 * What the manifest under a digest holds, read without remembering it: of thousands none is asked for again.
 * @returns its bytes; nothing when the registry has no such manifest, or one that nobody could pull: too large, or of another digest
 * @throws Failure `ImageCorrupted` when it is refused, `RegistryUnavailable`
 */
export async function readStored(repository: Repository, digest: Digest): Promise<Buffer | undefined> {
  const headers = { accept: manifestTypes.join(", ") };
  const path = `manifests/${digest}`;
  const answer = await repository.ask({ method: "GET", path, headers, limit: registryLimits.manifest });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw corrupted(
      `${repository.fullName}@${digest}`,
      `the registry answered ${saidOf(answer)} for its manifest`,
    );
  return answer.body && sha256(answer.body) === digest ? answer.body : undefined;
}

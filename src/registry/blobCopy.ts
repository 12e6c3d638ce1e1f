import { setTimeout as sleep } from "node:timers/promises";
import { asFailure, Failure } from "../release/failure.ts";
import { isConfidential } from "./challenge.ts";
import type { Answer } from "./client.ts";
import type { Descriptor } from "./manifest.ts";
import { piecesOf } from "./pieces.ts";
import { saidOf } from "./refusals.ts";
import type { Repository } from "./repository.ts";
import { maximumTries, waitAfter } from "./retry.ts";

/** How a blob came to be in the target: it was there, was mounted from the source, or was sent, with so many bytes. */
export type BlobCopy = { how: "there" } | { how: "mounted" } | { how: "streamed"; bytes: number };

/** Milliseconds for one whole layer. */
const wholeLayer = 600_000;

const failed = (to: Repository, blob: Descriptor, problem: string, cause?: unknown): Failure =>
  new Failure({
    code: "CopyFailed",
    message: `expected ${to.fullName} to take ${blob.digest}: ${problem}`,
    ...(cause !== undefined && { cause }),
  });

/** Where the registry wants an upload; `undefined` when its answer has no such place, or one that is not safe to send to. */
function placeOf(to: Repository, { headers }: Answer): URL | undefined {
  const location = headers.get("location");
  const base = to.client.url("");
  if (location === null || !URL.canParse(location, base.href)) return undefined;
  const url = new URL(location, base);
  return isConfidential(url) ? url : undefined;
}

/** Asks the registry to take a blob over from another of its repositories. Any other answer than "done" means: not so. */
async function mount(from: Repository, to: Repository, blob: Descriptor): Promise<boolean> {
  const query = new URLSearchParams({ mount: blob.digest, from: from.name });
  const answer = await to.ask({
    method: "POST",
    path: `blobs/uploads/?${query.toString()}`,
    refusable: true,
  });
  if (answer.status === 201) return true;
  // It has opened an upload instead, which nobody will use: the blob may be there, or the upload must be begun again anyway.
  const place = answer.status === 202 ? placeOf(to, answer) : undefined;
  if (place)
    await to.ask({ method: "DELETE", path: place, tries: 1, refusable: true }).catch(() => undefined);
  return false;
}

async function beginUpload(to: Repository, blob: Descriptor): Promise<URL> {
  const answer = await to.ask({ method: "POST", path: "blobs/uploads/" });
  const place = answer.status === 202 ? placeOf(to, answer) : undefined;
  if (!place) throw failed(to, blob, `it began no upload (${saidOf(answer)})`);
  place.searchParams.set("digest", blob.digest);
  return place;
}

/** Sends a blob from one registry to the other while it is read; more than a few pieces of it are never in memory. */
async function stream(from: Repository, to: Repository, blob: Descriptor): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const place = await beginUpload(to, blob);
    let broken: Failure | undefined;
    const pieces = async function* () {
      try {
        yield* piecesOf(from, blob);
      } catch (thrown) {
        broken = asFailure(thrown);
        throw thrown;
      }
    };
    let problem: string;
    let cause: unknown;
    try {
      const answer = await to.ask({
        method: "PUT",
        path: place,
        // One piece with its length: chunks have limits that differ (4 MiB on GHCR), a whole upload has none.
        headers: { "content-type": "application/octet-stream", "content-length": String(blob.size) },
        body: pieces,
        timeout: wholeLayer,
        tries: 1,
      });
      if (answer.status === 201) return;
      problem = saidOf(answer);
    } catch (thrown) {
      const failure = broken ?? asFailure(thrown);
      if (failure.code !== "RegistryUnavailable" || failure.fault === "user") throw failure;
      problem = failure.message;
      cause = failure;
    }
    // An upload that broke may have come further than the answer: the next one begins anew, and a digest decides.
    const wait = waitAfter(attempt, undefined, Math.random());
    if (wait === undefined || attempt === maximumTries)
      throw failed(to, blob, `${problem} (max retries, tried ${attempt} times)`, cause);
    await sleep(wait);
  }
}

/**
 * Brings one blob from a repository into another: mounted where both are in one registry, otherwise streamed, its digest checked on
 * the way.
 * @throws Failure `CopyFailed` after three tries, `ImageCorrupted` when the source serves something else, `RegistryUnavailable`
 */
export async function copyBlob(from: Repository, to: Repository, blob: Descriptor): Promise<BlobCopy> {
  return (await to.memory.brings(blob.digest, () => bring(from, to, blob))) ?? { how: "there" };
}

async function bring(from: Repository, to: Repository, blob: Descriptor): Promise<BlobCopy> {
  const near = from.client.registry === to.client.registry;
  if (near && (await mount(from, to, blob))) return { how: "mounted" };
  if ((await to.blobSize(blob.digest)) !== undefined) return { how: "there" };
  await stream(from, to, blob);
  return { how: "streamed", bytes: blob.size };
}

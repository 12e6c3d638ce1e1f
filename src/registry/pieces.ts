import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import type { Received } from "./exchange.ts";
import { interruption } from "./interruption.ts";
import type { Descriptor } from "./manifest.ts";
import { corrupted } from "./refusals.ts";
import type { Repository } from "./repository.ts";
import { maximumTries, waitAfter } from "./retry.ts";

/** Milliseconds for one whole layer, and for the next piece of one. */
const limits = { whole: 600_000, piece: 30_000 };

type Piece = Uint8Array;

const unavailable = (repository: Repository, problem: string) =>
  new Failure({
    code: "RegistryUnavailable",
    message: `expected ${repository.fullName} to send ${problem}`,
    hint: "Try again when the registry answers.",
  });

async function open(repository: Repository, digest: Digest, from: number): Promise<Received> {
  const response = await repository.open({
    method: "GET",
    path: `blobs/${digest}`,
    timeout: limits.whole,
    ...(from > 0 && { headers: { range: `bytes=${from}-` } }),
  });
  const { status } = response;
  if (status === (from > 0 ? 206 : 200)) return response;
  response.body.destroy();
  if (from > 0) throw unavailable(repository, `${digest} from byte ${from} on, it answered ${status}`);
  throw corrupted(`${repository.fullName}@${digest}`, `the registry answered ${status} for the blob`);
}

/** The next piece; `undefined` at the end. What does not come for too long is a broken connection. */
async function next(pieces: AsyncIterator<Piece>, repository: Repository): Promise<Piece | undefined> {
  const stalled = Promise.withResolvers<never>();
  const problem = new TypeError(`nothing came for ${limits.piece / 1000} s`);
  const timer = setTimeout(() => stalled.reject(problem), limits.piece);
  try {
    const { done, value } = await Promise.race([pieces.next(), stalled.promise]);
    return done ? undefined : value;
  } catch (thrown) {
    const { signal } = repository;
    if (signal?.aborted) throw interruption(signal, `reading from ${repository.fullName}`);
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A blob of any size, piece by piece. A broken connection is taken up where it broke. The last piece is given only when the digest of
 * the whole is right, so that whoever passes the pieces on never passes on a whole blob that is wrong.
 * @throws Failure `ImageCorrupted` when digest or size are others, `RegistryUnavailable` when the connection breaks three times
 */
export async function* piecesOf(
  repository: Repository,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
): AsyncGenerator<Piece, void> {
  const hash = createHash("sha256");
  const where = `${repository.fullName}@${digest}`;
  let held: Piece | undefined;
  let taken = 0;
  let whole = false;
  for (let attempt = 1; !whole; attempt++) {
    const { body } = await open(repository, digest, taken);
    const pieces = body[Symbol.asyncIterator]();
    let problem = "it ended early";
    try {
      for (let piece = await next(pieces, repository); piece; piece = await next(pieces, repository)) {
        taken += piece.length;
        if (taken > size) throw corrupted(where, `expected ${size} bytes, the registry sends more`);
        hash.update(piece);
        if (held) yield held;
        held = piece;
      }
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      problem = thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      body.destroy();
    }
    whole = taken === size;
    if (whole) break;
    const wait = waitAfter(attempt, undefined, Math.random());
    if (wait === undefined)
      throw unavailable(
        repository,
        `${digest}: its connection broke ${maximumTries} times, last at byte ${taken} of ${size}: ${problem}`,
      );
    await sleep(wait);
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== digest) throw corrupted(where, `expected a blob with digest ${digest}, got ${found}`);
  if (held) yield held;
}

/** A release of one service with its repository, and policies to measure it by. */
import { buildImage } from "../../rehearsal/images/image.ts";
import { asFailure } from "../../src/release/failure.ts";
import type { Release } from "../../src/release/release.ts";
import { loadAnchors } from "../../src/trust/anchors.ts";
import { trustSchema } from "../../src/trust/policy.ts";
import { type Trust, verifyRelease } from "../../src/trust/verifyRelease.ts";
import { MemoryRepository } from "./repository.ts";

export const commit = "3f2c9ab".padEnd(40, "0");
export const now = new Date("2026-03-01T12:00:00Z");

export const labels = {
  "org.opencontainers.image.source": "https://github.com/example/shop",
  "org.opencontainers.image.revision": commit,
  "org.opencontainers.image.version": "1.6.1",
  "org.opencontainers.image.created": "2026-02-28T10:00:00Z",
};

export const imageWith = (change: Record<string, string | undefined> = {}, service = "api") =>
  buildImage({
    behaviour: { service, version: "1.6.1" },
    labels: Object.fromEntries(
      Object.entries({ ...labels, ...change }).filter((e): e is [string, string] => e[1] !== undefined),
    ),
  });

const plain = await imageWith();

export interface Setting {
  repository: MemoryRepository;
  digest: string;
  release: Release;
}

export const releaseOf = (digests: Record<string, string>): Release => ({
  version: "1.6.1",
  commit,
  createdAt: "2026-02-28T10:00:00Z",
  images: Object.fromEntries(
    Object.entries(digests).map(([service, digest]) => [
      service,
      `ghcr.io/example/shop/${service}@${digest}`,
    ]),
  ),
});

/** A release of the service `api`, unsigned. */
export function setting(image: Parameters<MemoryRepository["pushImage"]>[0] = plain): Setting {
  const repository = new MemoryRepository();
  const digest = repository.pushImage(image);
  return { repository, digest, release: releaseOf({ api: digest }) };
}

/** A policy from its written form. Throws zod's error when it is not well formed. */
export function trust(written: object, directory = "."): Trust {
  const policy = trustSchema.parse(written);
  return { policy, anchors: loadAnchors(policy, directory) };
}

export const verify = ({ repository, release }: Setting, measured: Trust | undefined, at = now) =>
  verifyRelease(release, () => repository, measured, at);

/** Code and message of the refusal; `verified` or `unverified` when there is none. */
export async function outcome(from: Setting, measured: Trust | undefined, at = now) {
  try {
    const result = await verify(from, measured, at);
    return { code: result.verified ? "verified" : "unverified", message: "", hint: "" };
  } catch (thrown) {
    const { code, message, hint = "" } = asFailure(thrown);
    return { code, message, hint };
  }
}

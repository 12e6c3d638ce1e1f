import { createHash } from "node:crypto";
import type { Origin, StoredVersion } from "../../../src/plan/retention/stored.ts";

export const day = 86_400_000;
export const now = new Date("2026-06-01T12:00:00Z");

/** A digest that is a function of its seed. */
export const digest = (seed: string): string => `sha256:${createHash("sha256").update(seed).digest("hex")}`;

/** What a version of a test is; the rest is as usual. */
export interface Given {
  name: string;
  repository?: string | undefined;
  tags?: readonly string[] | undefined;
  /** Days. */
  old?: number | undefined;
  origin?: Origin | undefined;
  /** Bytes of a layer of its own. */
  size?: number | undefined;
  /** Names of layers that it shares; 1,000 bytes each. */
  shares?: readonly string[] | undefined;
  /** Names of what its index lists. */
  members?: readonly string[] | undefined;
  /** Name of what it speaks of. */
  subject?: string | undefined;
  /** The registry does not have it. */
  gone?: boolean | undefined;
}

/** A version of a package, old unless said otherwise. */
export function version(given: Given): StoredVersion {
  const {
    name,
    repository = "ghcr.io/example/shop-staging/api",
    tags = [],
    old = 100,
    origin = "staging",
  } = given;
  const blobs = [
    { digest: digest(`layer of ${name}`), size: given.size ?? 1_000 },
    ...(given.shares ?? []).map((shared) => ({ digest: digest(`layer ${shared}`), size: 1_000 })),
  ];
  const content = {
    blobs,
    members: (given.members ?? []).map(digest),
    ...(given.subject !== undefined && { subject: digest(given.subject) }),
  };
  return {
    repository,
    digest: digest(name),
    tags,
    created: new Date(now.getTime() - old * day),
    origin,
    age: 14 * day,
    ...(!given.gone && { content }),
  };
}

/** The tag under which cosign keeps what it says of an image. */
export const cosignTag = (name: string, kind: "sig" | "att" | "sbom"): string =>
  `${digest(name).replace(":", "-")}.${kind}`;

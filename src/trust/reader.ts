import { createHash } from "node:crypto";
import { z } from "zod";
import { isDigest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { parseHostileJson } from "./json.ts";
import { trustLimits } from "./limits.ts";
import type { ArtifactSource, Descriptor } from "./source.ts";

/** Descriptor as it stands in a manifest of a stranger. */
export const descriptorSchema = z.object({
  mediaType: z.string().max(255).default(""),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
  artifactType: z.string().max(255).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const sha256 = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const corrupted = (message: string) =>
  new Failure({
    code: "ImageCorrupted",
    message,
    hint: "Push the image, or what is attached to it, again; or promote another release.",
  });

/** True for what a stranger's content can cause, as against a registry that does not answer. */
export const isContentFailure = (thrown: unknown): thrown is Failure =>
  thrown instanceof Failure && (thrown.code === "ImageCorrupted" || thrown.code === "ImageMissing");

/** What is read about one image: every byte checked against its digest, all of it within one budget. */
export interface Reader {
  /** `undefined` when there is none. @throws Failure `ImageCorrupted` */
  manifest(reference: string): Promise<{ digest: string; bytes: Buffer; value: unknown } | undefined>;
  /** @throws Failure `ImageCorrupted`, `ImageMissing` */
  blob(descriptor: Descriptor, limit: number): Promise<Buffer>;
  referrers(digest: string): Promise<readonly Descriptor[]>;
}

/** @param subject how messages name the image */
export function readerOf(source: ArtifactSource, subject: string): Reader {
  let left: number = trustLimits.image;
  const spend = (bytes: number, what: string) => {
    left -= bytes;
    if (left < 0)
      throw corrupted(`${subject}: expected at most ${trustLimits.image} bytes about it, ${what} is beyond`);
  };
  return {
    async manifest(reference) {
      const found = await source.manifest(reference);
      if (!found) return undefined;
      spend(found.bytes.length, `manifest ${reference}`);
      const parsed = parseHostileJson(found.bytes, trustLimits.manifest);
      if ("problem" in parsed) throw corrupted(`${subject}: manifest ${reference} ${parsed.problem}`);
      const digest = sha256(found.bytes);
      if (isDigest(reference) && digest !== reference)
        throw corrupted(`${subject}: expected a manifest with digest ${reference}, got ${digest}`);
      return { digest, bytes: found.bytes, value: parsed.value };
    },
    async blob(descriptor, limit) {
      const { digest, size } = descriptor;
      if (size > limit)
        throw corrupted(
          `${subject}: expected at most ${limit} bytes in ${digest}, its descriptor says ${size}`,
        );
      spend(size, digest);
      const bytes = await source.blob({ digest, size }, limit);
      if (bytes.length !== size || sha256(bytes) !== digest)
        throw corrupted(`${subject}: expected ${size} bytes with digest ${digest}, got others`);
      return bytes;
    },
    referrers: (digest) => source.referrers(digest),
  };
}

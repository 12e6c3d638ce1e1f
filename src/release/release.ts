import { createHash } from "node:crypto";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { type ImageReference, parseReference } from "./reference.ts";

/** Service name: as in a compose file and a host name. */
const serviceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "expected a service name (lower-case letters, digits, -)");

const image = z.string().superRefine((text, context) => {
  const parsed = parseReference(text);
  if ("problem" in parsed) context.addIssue({ code: "custom", message: parsed.problem });
});

/** A release as it is written in `Pulumi.<stack>.yaml`, in release files and on hosts. */
export const releaseSchema = z.strictObject({
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/, "expected a semantic version such as 1.6.1"),
  commit: z.string().regex(/^[0-9a-f]{7,64}$/, "expected a commit hash (7 to 64 hexadecimal digits)"),
  createdAt: z.iso.datetime({
    offset: true,
    error: "expected an ISO 8601 time such as 2026-01-31T12:00:00Z",
  }),
  images: z
    .record(serviceName, image)
    .refine((images) => Object.keys(images).length > 0, "expected at least one image")
    // One order everywhere: what goes to a host must not depend on where the release was read from.
    .overwrite((images) => Object.fromEntries(Object.entries(images).sort(([a], [b]) => (a < b ? -1 : 1)))),
});

/** An immutable bundle: version, source commit, creation time and one pinned image per promoted service. */
export type Release = z.output<typeof releaseSchema>;

/** A hash over service names and digests: two releases with the same digests are the same release. 12 digits. */
export function releaseId(release: Release): string {
  const lines = Object.entries(digestsOf(release))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, digest]) => `${service} ${digest}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex").slice(0, 12);
}

/** The pinned references, by service. */
export function referencesOf(release: Release): Record<string, ImageReference> {
  return Object.fromEntries(
    Object.entries(release.images).map(([service, text]) => {
      const parsed = parseReference(text);
      if ("problem" in parsed)
        throw new Failure({
          code: "ReleaseInvalid",
          message: `images.${service}: ${parsed.problem}`,
          fault: "user",
        });
      return [service, parsed];
    }),
  );
}

/** The digests, by service. */
export function digestsOf(release: Release): Record<string, string> {
  return Object.fromEntries(Object.entries(referencesOf(release)).map(([service, r]) => [service, r.digest]));
}

/** The same images in the same repositories: the release would be written the same. */
export const sameImages = (a: Release, b: Release): boolean =>
  Object.entries(a.images).every(([service, image]) => b.images[service] === image);

/** Same digests for the same services. */
export const sameRelease = (a: Release | undefined, b: Release | undefined): boolean =>
  a !== undefined && b !== undefined && releaseId(a) === releaseId(b);

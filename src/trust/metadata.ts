import { z } from "zod";
import { Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import { parseHostileJson } from "./json.ts";
import { trustLimits } from "./limits.ts";
import { named, quote } from "./quote.ts";
import { descriptorSchema, type Reader } from "./reader.ts";

/** Labels of the OCI image specification's annotation keys that every image must have. */
export interface ImageLabels {
  /** Where the source is. */
  source: string;
  /** Commit. */
  revision: string;
  version: string;
  /** RFC 3339. */
  created: string;
}

const prefix = "org.opencontainers.image.";

const labelsSchema = z.object({
  source: z.url({
    protocol: /^(https?|git|ssh|git\+https|git\+ssh)$/,
    error: "expected the source's URL",
  }),
  revision: z.string().regex(/^[0-9a-f]{7,64}$/, "expected a commit hash"),
  // A tag's grammar: build actions write branch names here for what is not a release.
  version: z.string().regex(/^\w[\w.+-]{0,127}$/, "expected a version"),
  created: z.iso.datetime({ offset: true, error: "expected an RFC 3339 time" }),
});

const imageSchema = z.object({ config: descriptorSchema });
const indexSchema = z.object({
  manifests: z
    .array(
      descriptorSchema.extend({
        platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
      }),
    )
    .max(200),
});
const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

const refused = (subject: string, problem: string) =>
  new Failure({
    code: "InvalidMetadata",
    message: `${subject}: ${problem}`,
    hint: "Build it again from the release's commit, with the labels org.opencontainers.image.source, revision, version and created.",
  });

/** The configuration of the image that the hosts would run: the image itself, or the index's one for their platform. */
async function configOf(reader: Reader, digest: string, platform: string, subject: string): Promise<unknown> {
  let manifest = await reader.manifest(digest);
  const missing = (what: string) =>
    new Failure({
      code: "ImageMissing",
      message: `expected the registry to serve ${subject}, it does not know ${what}`,
      hint: "Push the image again, or promote a release whose images exist.",
    });
  if (!manifest) throw missing(digest);
  const index = indexSchema.safeParse(manifest.value);
  if (index.success) {
    const fitting = index.data.manifests.find(
      (m) => `${m.platform?.os}/${m.platform?.architecture}` === platform,
    );
    if (!fitting) throw refused(subject, `expected an image for ${platform} in its index, got none`);
    manifest = await reader.manifest(fitting.digest);
    if (!manifest) throw missing(fitting.digest);
  }
  const image = imageSchema.safeParse(manifest.value);
  if (!image.success) throw refused(subject, "its manifest names no configuration");
  const bytes = await reader.blob(image.data.config, trustLimits.config);
  const parsed = parseHostileJson(bytes, trustLimits.config);
  if ("problem" in parsed) throw refused(subject, `its configuration ${parsed.problem}`);
  return parsed.value;
}

/**
 * Checks labels and platform of one image. The release's commit may be a beginning of the label's.
 * @param subject how messages name the image
 * @throws Failure `InvalidMetadata`, and `ImageMissing` or `ImageCorrupted` for what cannot be read
 */
export async function verifyMetadata(
  reader: Reader,
  digest: string,
  release: Release,
  platform: string,
  subject: string,
): Promise<ImageLabels> {
  const config = configSchema.safeParse(await configOf(reader, digest, platform, subject));
  if (!config.success) throw refused(subject, "its configuration names no platform");
  const { os, architecture, config: container } = config.data;
  const found = `${os}/${architecture}`;
  if (found !== platform) throw refused(subject, `expected an image for ${platform}, got ${named(found)}`);
  const given = container?.Labels ?? {};
  const labels = labelsSchema.safeParse(
    Object.fromEntries(
      Object.keys(labelsSchema.shape).map((key) => [
        key,
        Object.hasOwn(given, prefix + key) ? given[prefix + key] : undefined,
      ]),
    ),
  );
  if (!labels.success) {
    const problems = labels.error.issues.map(({ path, message }) => {
      const key = `${prefix}${String(path[0])}`;
      const value = given[key];
      return value === undefined
        ? `label ${key} is missing`
        : `label ${key}: ${message}, got ${quote(value)}`;
    });
    throw refused(subject, problems.join("; "));
  }
  const { revision } = labels.data;
  if (!revision.startsWith(release.commit))
    throw refused(subject, `expected revision ${release.commit}, the release's commit, got ${revision}`);
  return labels.data;
}

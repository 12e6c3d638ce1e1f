/** What cosign keeps beside an image: manifests under tags that are made of the image's digest. */
import { digestOf } from "../images/digest.ts";
import {
  type Artifact,
  type Content,
  configMediaType,
  contentOf,
  descriptor,
  manifestMediaType,
} from "../images/image.ts";

/** A layer of such a manifest; signatures are in its annotations, not in its bytes. */
export interface AnnotatedContent extends Content {
  annotations: Readonly<Record<string, string>>;
}

export interface Attachment {
  /** `sha256-<hex>.sig` or `sha256-<hex>.att`. */
  tag: string;
  artifact: Artifact;
}

/** The time that Go writes for none: cosign's manifests have no other. */
const noTime = "0001-01-01T00:00:00Z";

/** An attachment of an image, in cosign's form: an image manifest whose configuration lists the layers and says nothing. */
export function attachmentTo(
  digest: string,
  kind: "sig" | "att",
  layers: readonly AnnotatedContent[],
): Attachment {
  const config = contentOf(configMediaType, {
    architecture: "",
    created: noTime,
    history: layers.map(() => ({ created: noTime })),
    os: "",
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    config: {},
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestMediaType,
      config: descriptor(config),
      layers: layers.map((layer) => ({ ...descriptor(layer), annotations: layer.annotations })),
    }),
  );
  return {
    tag: `${digest.replace(":", "-")}.${kind}`,
    artifact: {
      mediaType: manifestMediaType,
      manifest,
      manifestDigest: digestOf(manifest),
      config,
      layers,
    },
  };
}

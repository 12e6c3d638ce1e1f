import { z } from "zod";
import { bundleItem, bundleTypePrefix, envelopeItem, envelopeType } from "./bundleItem.ts";
import type { Unusable } from "./json.ts";
import { trustLimits } from "./limits.ts";
import { named } from "./quote.ts";
import { descriptorSchema, isContentFailure, type Reader } from "./reader.ts";
import type { SignedItem } from "./signedItem.ts";
import { simpleSigningItem, simpleSigningType } from "./simpleSigning.ts";
import type { Descriptor } from "./source.ts";

/** A report that is attached to the image as it is: nobody signed it. */
export interface AttachedReport {
  place: string;
  bytes: Buffer;
}

/** Everything found beside an image. Nothing in it is proven. */
export interface Evidence {
  signed: readonly SignedItem[];
  reports: readonly AttachedReport[];
  /** Why something that was found cannot be used, one line each. */
  unusable: readonly string[];
  /** Artifacts that were not looked at, because there are too many. */
  beyond: number;
}

const manifestSchema = z.object({
  layers: z.array(descriptorSchema).max(1000),
  subject: z.object({ digest: z.string() }).optional(),
});

/** Media types of reports as scanners and `oras attach` write them. */
const reportTypes = ["application/sarif+json", "application/vnd.cyclonedx+json", "application/spdx+json"];

const isReport = (type: string) => reportTypes.includes(type.split(";")[0]?.trim() ?? "");

const isKnown = ({ mediaType }: Descriptor) =>
  mediaType === simpleSigningType ||
  mediaType === envelopeType ||
  mediaType.startsWith(bundleTypePrefix) ||
  isReport(mediaType);

interface Layer {
  layer: Descriptor;
  place: string;
}

async function layersOf(
  reader: Reader,
  reference: string,
  place: string,
  subject: string,
  problems: string[],
): Promise<Layer[]> {
  try {
    const manifest = await reader.manifest(reference);
    if (!manifest) return [];
    const parsed = manifestSchema.safeParse(manifest.value);
    if (!parsed.success) throw new TypeError("malformed");
    // A list of referrers is anybody's claim; what the manifest itself refers to is not.
    if (parsed.data.subject !== undefined && parsed.data.subject.digest !== subject) return [];
    return parsed.data.layers.filter(isKnown).map((layer, i) => ({ layer, place: `${place} #${i + 1}` }));
  } catch (thrown) {
    if (!isContentFailure(thrown) && !(thrown instanceof TypeError && thrown.message === "malformed"))
      throw thrown;
    problems.push(`${place}: ${isContentFailure(thrown) ? thrown.message : "is not a manifest with layers"}`);
    return [];
  }
}

/** The three places in which signatures, attestations and reports are kept, in the order in which they are looked at. */
async function allLayers(reader: Reader, digest: string, problems: string[]) {
  const tag = digest.replace(":", "-");
  const found = [
    ...(await layersOf(reader, `${tag}.sig`, "signature", digest, problems)),
    ...(await layersOf(reader, `${tag}.att`, "attestation", digest, problems)),
  ];
  const referrers = await reader.referrers(digest).catch((thrown: unknown) => {
    // The fallback tag may hold anything; what stands at the other tags still counts.
    if (!isContentFailure(thrown)) throw thrown;
    problems.push(`referrers: ${thrown.message}`);
    return [];
  });
  const looked = referrers.slice(0, trustLimits.artifacts);
  for (const referrer of looked)
    found.push(
      ...(await layersOf(
        reader,
        referrer.digest,
        `referrer ${named(referrer.digest.slice(0, 19))}`,
        digest,
        problems,
      )),
    );
  const beyond = referrers.length - looked.length + Math.max(0, found.length - trustLimits.artifacts);
  return { layers: found.slice(0, trustLimits.artifacts), beyond };
}

async function itemOf(
  reader: Reader,
  { layer, place }: Layer,
  manifest: Buffer,
): Promise<SignedItem | AttachedReport | Unusable> {
  const simple = layer.mediaType === simpleSigningType;
  const bytes = await reader.blob(layer, simple ? trustLimits.payload : trustLimits.document);
  if (simple) return simpleSigningItem(layer, bytes, place);
  if (layer.mediaType === envelopeType) return envelopeItem(bytes, layer.annotations ?? {}, manifest, place);
  if (isReport(layer.mediaType)) return { place, bytes };
  return bundleItem(bytes, manifest, place);
}

/**
 * Collects what is attached to an image: cosign's `.sig` and `.att` tags, and referrers with Sigstore bundles or reports. What is
 * malformed is left out and told.
 * @throws Failure `RegistryUnavailable`: not to know is not the same as to find nothing
 */
export async function collectEvidence(reader: Reader, digest: string): Promise<Evidence> {
  const unusable: string[] = [];
  const signed: SignedItem[] = [];
  const reports: AttachedReport[] = [];
  const manifest = await reader.manifest(digest);
  if (!manifest) return { signed, reports, unusable: [`the registry does not know ${digest}`], beyond: 0 };
  const { layers, beyond } = await allLayers(reader, digest, unusable);
  for (const entry of layers) {
    try {
      const item = await itemOf(reader, entry, manifest.bytes);
      if ("problem" in item) unusable.push(`${entry.place}: ${item.problem}`);
      else if ("kind" in item) signed.push(item);
      else reports.push(item);
    } catch (thrown) {
      if (!isContentFailure(thrown)) throw thrown;
      unusable.push(`${entry.place}: ${thrown.message}`);
    }
  }
  return { signed, reports, unusable, beyond };
}

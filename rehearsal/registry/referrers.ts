/** The referrers API: which manifests of a repository say that they belong to another one. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { refuse } from "./errors.ts";
import { verifyDigest, verifyRepositoryName } from "./names.ts";
import type { Store } from "./store.ts";

const indexType = "application/vnd.oci.image.index.v1+json";

const referrerSchema = z.object({
  subject: z.object({ digest: z.string() }),
  artifactType: z.string().optional(),
  config: z.object({ mediaType: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

function parse(bytes: Buffer): z.output<typeof referrerSchema> | undefined {
  return referrerSchema.safeParse(JSON.parse(bytes.toString())).data;
}

/** The digest that a manifest names as its subject, if it names one. */
export function subjectOf(bytes: Buffer): string | undefined {
  return parse(bytes)?.subject.digest;
}

/** An index of them, empty when there are none. */
function list(store: Store, request: Request): Answer {
  const name = verifyRepositoryName(request.params.name);
  const digest = verifyDigest(request.params.digest);
  const all = [...(store.repositories.get(name)?.manifests.values() ?? [])];
  const manifests = all.flatMap((manifest) => {
    const referrer = parse(manifest.bytes);
    if (referrer?.subject.digest !== digest) return [];
    const artifactType = referrer.artifactType ?? referrer.config?.mediaType;
    const { annotations } = referrer;
    const { mediaType, bytes } = manifest;
    return [{ mediaType, digest: manifest.digest, size: bytes.length, artifactType, annotations }];
  });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  return { status: 200, bytes, headers: { "content-type": indexType } };
}

/** Adds GET of `/v2/NAME/referrers/DIGEST`; 404 where it is not supported, after which clients look for the fallback tag. */
export function addReferrers(router: Router, store: Store, supported: boolean): void {
  router.on("GET", "/v2/:name+/referrers/:digest", (request) => {
    if (!supported) throw refuse(404, "UNSUPPORTED", "the referrers API is not supported");
    return list(store, request);
  });
}

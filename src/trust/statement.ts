import { z } from "zod";
import { parseHostileJson } from "./json.ts";
import { trustLimits } from "./limits.ts";

/** DSSE payload type of in-toto statements. */
export const statementType = "application/vnd.in-toto+json";

const statementSchema = z.object({
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).max(1000),
  predicateType: z.string().max(500),
  predicate: z.unknown(),
});

/** What somebody says of an image (in-toto attestation framework, statement v1 and v0.1). */
export type Statement = z.output<typeof statementSchema>;

/** The statement, when it is one and speaks of exactly this image; `undefined` otherwise. */
export function statementAbout(bytes: Buffer, digest: string): Statement | undefined {
  const parsed = parseHostileJson(bytes, trustLimits.document);
  const statement = statementSchema.safeParse("value" in parsed ? parsed.value : undefined);
  if (!statement.success) return undefined;
  const about = statement.data.subject.some(
    (s) => Object.hasOwn(s.digest, "sha256") && `sha256:${s.digest.sha256}` === digest,
  );
  return about ? statement.data : undefined;
}

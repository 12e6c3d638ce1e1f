/** Attestations as `cosign attest --key` makes them: an in-toto statement in a DSSE envelope. */
import { contentOf } from "../images/image.ts";
import type { AnnotatedContent } from "./attachment.ts";
import { type SigningKey, signatureOf } from "./key.ts";

const envelopeMediaType = "application/vnd.dsse.envelope.v1+json";
const payloadType = "application/vnd.in-toto+json";

/** What is said of an image. */
export interface Predicate {
  /** URI of its kind. */
  type: string;
  content: unknown;
}

/** What a DSSE signature covers: type and payload with their lengths (DSSE protocol, "PAE"). */
const preAuthentication = (payload: Buffer) =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);

/**
 * A signed statement about an image.
 * @param name the image's repository, with the registry
 */
export function attest(digest: string, name: string, said: Predicate, key: SigningKey): AnnotatedContent {
  const payload = Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v0.1",
      predicateType: said.type,
      subject: [{ name, digest: { sha256: digest.replace("sha256:", "") } }],
      predicate: said.content,
    }),
  );
  const envelope = contentOf(envelopeMediaType, {
    payloadType,
    payload: payload.toString("base64"),
    signatures: [{ keyid: "", sig: signatureOf(preAuthentication(payload), key) }],
  });
  return {
    ...envelope,
    annotations: { "dev.cosignproject.cosign/signature": "", predicateType: said.type },
  };
}

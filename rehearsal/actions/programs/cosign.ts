/**
 * Stands in for `cosign sign` and `cosign attest`, with a key that an environment variable holds (`--key env://NAME`): signatures are real,
 * and beside the image as cosign puts them there. Signing without a key wants a certificate authority, which the world has none of: refused.
 */
import { readFileSync } from "node:fs";
import { pushImage } from "../../images/push.ts";
import { PushFailed } from "../../images/push-client.ts";
import { type AnnotatedContent, attachmentTo } from "../../signing/attachment.ts";
import { attest as statement } from "../../signing/attestation.ts";
import { signImage } from "../../signing/signature.ts";
import { fail, parsed } from "./arguments.ts";
import { clientFor, manifestOf, type Reference, referenceOf } from "./registry.ts";

const types: Readonly<Record<string, string>> = {
  slsaprovenance1: "https://slsa.dev/provenance/v1",
  cyclonedx: "https://cyclonedx.org/bom",
  vuln: "https://cosign.sigstore.dev/attestation/vuln/v1",
};

const [command, ...rest] = process.argv.slice(2);
const { values, positionals } = parsed(rest, {
  yes: { type: "boolean" },
  key: { type: "string" },
  type: { type: "string" },
  predicate: { type: "string" },
});
const variable = /^env:\/\/(\w+)$/.exec(values.key ?? "")?.[1];
const privateKey = variable === undefined ? undefined : process.env[variable];
if (!privateKey)
  fail(
    "expected --key env://NAME with a private key in that variable: there is no certificate authority here",
  );
const key = { privateKey: privateKey ?? "", publicKey: "" };
const reference = referenceOf(positionals[0] ?? "");
const digest = reference.digest ?? fail("expected a digest: what a tag names can change");
const name = `${reference.host}/${reference.repository}`;

interface Layer {
  mediaType: string;
  digest: string;
  annotations: Record<string, string>;
}

/** What is beside the image already: attestations are added to, not replaced. */
async function attached(at: Reference, tag: string): Promise<AnnotatedContent[]> {
  try {
    const { text } = await manifestOf({ host: at.host, repository: at.repository, tag });
    const { layers } = JSON.parse(text) as { layers: Layer[] };
    return await Promise.all(
      layers.map(async ({ mediaType, digest: of, annotations }) => {
        const blob = await clientFor(at).ask("GET", `/v2/${at.repository}/blobs/${of}`, [200]);
        const bytes = Buffer.from(blob.text);
        return { mediaType, digest: of, size: bytes.length, bytes, annotations };
      }),
    );
  } catch (thrown) {
    if (thrown instanceof PushFailed && thrown.status === 404) return [];
    throw thrown;
  }
}

async function attach(kind: "sig" | "att", layer: AnnotatedContent): Promise<void> {
  const before = await attached(reference, `${digest.replace(":", "-")}.${kind}`);
  const { tag, artifact } = attachmentTo(digest, kind, [...before, layer]);
  await pushImage(clientFor(reference), reference.repository, artifact, [tag]);
}

if (command === "sign") await attach("sig", signImage(digest, name, key));
else if (command === "attest") {
  const type = types[values.type ?? ""] ?? fail(`the type ${values.type ?? "none"} is not stood in for`);
  const content: unknown = JSON.parse(readFileSync(values.predicate ?? fail("expected --predicate"), "utf8"));
  await attach("att", statement(digest, name, { type, content }, key));
} else fail(`cosign ${command ?? ""} is not stood in for`);

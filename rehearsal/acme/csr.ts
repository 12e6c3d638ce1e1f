/** Certificate signing requests (RFC 2986), as far as an authority looks at them. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { refusal } from "./problems.ts";

/** One value of DER (ITU-T X.690). */
interface Value {
  tag: number;
  /** Without tag and length. */
  content: Buffer;
  /** With both. */
  whole: Buffer;
}

const unreadable = () => refusal("badCSR", "the CSR is not DER, or is cut off");

/** Reads the values that follow each other in a piece of DER. */
function readAll(bytes: Buffer): Value[] {
  const values: Value[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const many = first < 0x80 ? 0 : first - 0x80;
    if (many > 4) throw unreadable();
    const start = at + 2 + many;
    if (start > bytes.length) throw unreadable();
    const size = many === 0 ? first : bytes.readUIntBE(at + 2, many);
    if (start + size > bytes.length) throw unreadable();
    values.push({
      tag,
      content: bytes.subarray(start, start + size),
      whole: bytes.subarray(at, start + size),
    });
    at = start + size;
  }
  return values;
}

const sequence = 0x30;
const inside = (value: Value | undefined, tag: number): Value[] => {
  if (value?.tag !== tag) throw unreadable();
  return readAll(value.content);
};

/** Object identifiers as they stand in DER, hexadecimal. */
const oids = { extensionRequest: "2a864886f70d01090e", alternativeNames: "551d11" } as const;
const isOid = (value: Value | undefined, oid: string) => value?.content.toString("hex") === oid;

/** The alternative names that are asked for; all of them have to be names of hosts. */
function namesIn(attributes: Value): string[] {
  for (const attribute of readAll(attributes.content)) {
    const [kind, values] = inside(attribute, sequence);
    if (!isOid(kind, oids.extensionRequest)) continue;
    const [extensions] = readAll(values?.content ?? Buffer.alloc(0));
    for (const extension of inside(extensions, sequence)) {
      const parts = inside(extension, sequence);
      if (!isOid(parts[0], oids.alternativeNames)) continue;
      const [names] = readAll(parts.at(-1)?.content ?? Buffer.alloc(0));
      return inside(names, sequence).map(({ tag, content }) => {
        if (tag !== 0x82) throw refusal("badCSR", "the CSR has alternative names that are no host names");
        return content.toString("latin1").toLowerCase();
      });
    }
  }
  return [];
}

/** What is asked for, by whom: proven by the signature. */
export interface SigningRequest {
  key: KeyObject;
  names: string[];
}

/**
 * Reads a CSR and verifies that who made it has the key.
 * @param der DER, in base64url
 * @throws Refusal `badCSR`
 */
export function verifySigningRequest(der: string): SigningRequest {
  const [outer] = readAll(Buffer.from(der, "base64url"));
  const [info, , signature] = inside(outer, sequence);
  const [, , publicKey, attributes] = inside(info, sequence);
  if (!info || !publicKey || !signature || !attributes) throw unreadable();
  let key: KeyObject;
  try {
    key = createPublicKey({ key: publicKey.whole, format: "der", type: "spki" });
  } catch {
    throw refusal("badCSR", "the CSR's key is of no known kind");
  }
  // The first byte of a bit string counts the bits that are unused: none.
  if (!verify("sha256", info.whole, key, signature.content.subarray(1)))
    throw refusal("badCSR", "the CSR is not signed with its own key and SHA-256");
  return { key, names: namesIn(attributes) };
}

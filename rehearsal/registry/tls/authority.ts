/** A certificate authority of a world's own, and the certificates of its servers (RFC 5280). */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.ts";

/** What a TLS server needs, PEM. */
export interface ServerCertificate {
  key: string;
  certificate: string;
}

export interface Authority {
  /** Its own certificate, PEM: who trusts it trusts what it issues. */
  certificate: string;
  /** A certificate for a server at this IPv4 address or of this name; as long-lived as the authority. */
  issue(host: string): ServerCertificate;
}

/** A world does not live longer. */
const lifetime = 7 * 24 * 3600 * 1000;
/** Clocks of hosts may be a little behind. */
const lead = 3600 * 1000;

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));
const name = (common: string) => der.sequence(der.setOf(der.sequence(der.oid("2.5.4.3"), der.text(common))));
const extension = (id: string, critical: boolean, value: Uint8Array) =>
  der.sequence(der.oid(id), ...(critical ? [der.yes()] : []), der.octets(value));

const forAuthority = [
  extension("2.5.29.19", true, der.sequence(der.yes())),
  // keyCertSign and cRLSign
  extension("2.5.29.15", true, der.bits(Buffer.from([0x06]), 1)),
];

function forServer(host: string): Buffer[] {
  const alternative = isIPv4(host)
    ? der.implicit(7, Buffer.from(host.split(".").map(Number)))
    : der.implicit(2, Buffer.from(host));
  return [
    extension("2.5.29.19", true, der.sequence()),
    // digitalSignature
    extension("2.5.29.15", true, der.bits(Buffer.from([0x80]), 7)),
    // serverAuth
    extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", false, der.sequence(alternative)),
  ];
}

const publicPart = (key: KeyObject) => createPublicKey(key).export({ format: "der", type: "spki" });

/** By which certificates of one key find each other; strict readers want it (RFC 5280, section 4.2.1.2). */
const identifier = (key: KeyObject) => createHash("sha256").update(publicPart(key)).digest().subarray(0, 20);

const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;

interface Subject {
  name: string;
  key: KeyObject;
  extensions: readonly Buffer[];
}

function certify(subject: Subject, issuer: { name: string; key: KeyObject }): string {
  const now = Date.now();
  const validity = der.sequence(der.time(new Date(now - lead)), der.time(new Date(now + lifetime)));
  const identifiers = [
    extension("2.5.29.14", false, der.octets(identifier(subject.key))),
    extension("2.5.29.35", false, der.sequence(der.implicit(0, identifier(issuer.key)))),
  ];
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(randomBytes(16)),
    ecdsaWithSha256,
    name(issuer.name),
    validity,
    name(subject.name),
    publicPart(subject.key),
    der.explicit(3, der.sequence(...subject.extensions, ...identifiers)),
  );
  return pem(der.sequence(body, ecdsaWithSha256, der.bits(sign("sha256", body, issuer.key))));
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** A new authority with an ECDSA P-256 key that only this process has; good for a week. */
export function newAuthority(): Authority {
  const issuer = { name: `Liftlock rehearsal ${randomBytes(4).toString("hex")}`, key: newKey() };
  return {
    certificate: certify({ ...issuer, extensions: forAuthority }, issuer),
    issue(host) {
      const key = newKey();
      return {
        key: key.export({ format: "pem", type: "pkcs8" }).toString(),
        certificate: certify({ name: host, key, extensions: forServer(host) }, issuer),
      };
    },
  };
}

/** Certificates (RFC 5280), signed with ECDSA P-256. */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.ts";

/** Whom a certificate is about. */
export interface Subject {
  name: string;
  /** Its key; of a private one the public part. */
  key: KeyObject;
  extensions: readonly Buffer[];
}

export interface Issuer {
  name: string;
  /** P-256. */
  key: KeyObject;
}

/** From when until when a certificate is good. */
export interface Validity {
  from: Date;
  until: Date;
}

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));
const name = (common: string) => der.sequence(der.setOf(der.sequence(der.oid("2.5.4.3"), der.text(common))));

const extension = (id: string, critical: boolean, value: Uint8Array) =>
  der.sequence(der.oid(id), ...(critical ? [der.yes()] : []), der.octets(value));

/** Of those that issue certificates themselves. */
export const forAuthority = [
  extension("2.5.29.19", true, der.sequence(der.yes())),
  // keyCertSign and cRLSign
  extension("2.5.29.15", true, der.bits(Buffer.from([0x06]), 1)),
];

/** Of servers of these names, or at these IPv4 addresses. */
export function forServer(hosts: readonly string[]): Buffer[] {
  const alternatives = hosts.map((host) =>
    isIPv4(host)
      ? der.implicit(7, Buffer.from(host.split(".").map(Number)))
      : der.implicit(2, Buffer.from(host)),
  );
  return [
    extension("2.5.29.19", true, der.sequence()),
    // digitalSignature
    extension("2.5.29.15", true, der.bits(Buffer.from([0x80]), 7)),
    // serverAuth
    extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", false, der.sequence(...alternatives)),
  ];
}

const publicPart = (key: KeyObject) =>
  (key.type === "public" ? key : createPublicKey(key)).export({ format: "der", type: "spki" });

/** By which certificates of one key find each other; strict readers want it (RFC 5280, section 4.2.1.2). */
const identifier = (key: KeyObject) => createHash("sha256").update(publicPart(key)).digest().subarray(0, 20);

const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;

/** A certificate in PEM form. */
export function certify(subject: Subject, issuer: Issuer, { from, until }: Validity): string {
  const identifiers = [
    extension("2.5.29.14", false, der.octets(identifier(subject.key))),
    extension("2.5.29.35", false, der.sequence(der.implicit(0, identifier(issuer.key)))),
  ];
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(randomBytes(16)),
    ecdsaWithSha256,
    name(issuer.name),
    der.sequence(der.time(from), der.time(until)),
    name(subject.name),
    publicPart(subject.key),
    der.explicit(3, der.sequence(...subject.extensions, ...identifiers)),
  );
  return pem(der.sequence(body, ecdsaWithSha256, der.bits(sign("sha256", body, issuer.key))));
}

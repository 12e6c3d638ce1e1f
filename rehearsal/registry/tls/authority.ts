/** A certificate authority of a world's own, and the certificates of its servers (RFC 5280). */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { certify, forAuthority, forServer, type Validity } from "./certify.ts";

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

const validity = (now = Date.now()): Validity => ({
  from: new Date(now - lead),
  until: new Date(now + lifetime),
});

/** A fresh ECDSA P-256 key. */
export const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** A new authority with an ECDSA P-256 key that only this process has; good for a week. */
export function newAuthority(): Authority {
  const issuer = { name: `Liftlock rehearsal ${randomBytes(4).toString("hex")}`, key: newKey() };
  return {
    certificate: certify({ ...issuer, extensions: forAuthority }, issuer, validity()),
    issue(host) {
      const key = newKey();
      return {
        key: key.export({ format: "pem", type: "pkcs8" }).toString(),
        certificate: certify({ name: host, key, extensions: forServer([host]) }, issuer, validity()),
      };
    },
  };
}

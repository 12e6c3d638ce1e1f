/** An authority's own keys: a root, an intermediate, and what that signs. */
import { type KeyObject, randomBytes } from "node:crypto";
import { newKey } from "../registry/tls/authority.ts";
import { certify, forAuthority, forServer } from "../registry/tls/certify.ts";

/** Days, counted from now. */
export interface Lifetime {
  from: number;
  until: number;
}

const day = 24 * 3600 * 1000;
const at = (days: number) => new Date(Date.now() + days * day);
const validity = ({ from, until }: Lifetime) => ({ from: at(from), until: at(until) });

export interface Issuing {
  /** PEM: who trusts it trusts what is issued. */
  root: string;
  /** A certificate for a key and host names, and that of its issuer; PEM. */
  issue(key: KeyObject, names: readonly string[], lifetime: Lifetime): string;
}

export function newIssuing(): Issuing {
  const tag = randomBytes(4).toString("hex");
  const root = { name: `Rehearsal root ${tag}`, key: newKey() };
  const intermediate = { name: `Rehearsal intermediate ${tag}`, key: newKey() };
  const long = validity({ from: -400, until: 400 });
  const middle = certify({ ...intermediate, extensions: forAuthority }, root, long);
  return {
    root: certify({ ...root, extensions: forAuthority }, root, long),
    issue(key, names, lifetime) {
      const leaf = { name: names[0] ?? "", key, extensions: forServer(names) };
      return certify(leaf, intermediate, validity(lifetime)) + middle;
    },
  };
}

/** Keys of hosts and of those who log in. */
import type { PublicKeyAuthContext } from "ssh2";
import ssh2 from "ssh2";

const { utils } = ssh2;

/** A private key in OpenSSH form: the one given, or a new one when it is missing or cannot be read. */
export function hostKeyFrom(given: string | undefined): { key: string; problem: string | undefined } {
  if (given !== undefined) {
    const parsed = utils.parseKey(given);
    if (!(parsed instanceof Error) && parsed.type === "ssh-ed25519")
      return { key: given, problem: undefined };
  }
  const problem =
    given === undefined ? undefined : "ssh_keys.ed25519_private cannot be read as an ed25519 key";
  return { key: newKeyPair().private, problem };
}

/** An Ed25519 key pair in OpenSSH form. ssh2 1.17 makes one in 256 that nobody can read: those are thrown away. */
export function newKeyPair(): { private: string; public: string } {
  for (;;) {
    const pair = utils.generateKeyPairSync("ed25519");
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** The public key of a host, `ssh-ed25519 AAAA…`. */
export function publicKeyOf(hostKey: string): string {
  const parsed = utils.parseKey(hostKey);
  if (parsed instanceof Error) return "";
  return `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
}

/** True when the key offered is one of the lines and, if it was used to sign, the signature is right. */
export function isAuthorized(offer: PublicKeyAuthContext, lines: readonly string[]): boolean {
  return lines.some((line) => {
    const parsed = utils.parseKey(withoutOptions(line));
    if (parsed instanceof Error || !parsed.getPublicSSH().equals(offer.key.data)) return false;
    if (!offer.signature) return true;
    return offer.blob !== undefined && parsed.verify(offer.blob, offer.signature, offer.hashAlgo) === true;
  });
}

/** A line of `authorized_keys` may begin with options. */
function withoutOptions(line: string): string {
  return /(?:ssh-|ecdsa-sha2-|sk-)\S+ .*$/.exec(line.trim())?.[0] ?? line;
}

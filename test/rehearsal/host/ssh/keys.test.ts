import type { PublicKeyAuthContext } from "ssh2";
import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { hostKeyFrom, isAuthorized, newKeyPair } from "../../../../rehearsal/host/ssh/keys.ts";

const [mine, other] = [newKeyPair(), newKeyPair()];
const blob = Buffer.from("what is signed");

function read(text: string): ssh2.ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

/** An offer of the public key of one pair, signed with the private key of another, or not signed. */
function offer(shown: { public: string }, signer?: { private: string }): PublicKeyAuthContext {
  const known = read(shown.public);
  const secret = signer && read(signer.private);
  const signature = secret?.sign(blob);
  const key = { algo: "ssh-ed25519", data: known.getPublicSSH() };
  return { key, blob, signature, hashAlgo: undefined } as unknown as PublicKeyAuthContext;
}

describe("isAuthorized", () => {
  it("accepts a known key, and its signature", () => {
    expect(isAuthorized(offer(mine), [mine.public])).toBe(true);
    expect(isAuthorized(offer(mine, mine), [other.public, mine.public])).toBe(true);
  });

  it("refuses an unknown key, and a known key that somebody else signed with", () => {
    expect(isAuthorized(offer(mine, mine), [other.public])).toBe(false);
    expect(isAuthorized(offer(mine, other), [mine.public])).toBe(false);
    expect(isAuthorized(offer(mine), [])).toBe(false);
  });

  it("skips options and nonsense", () => {
    expect(isAuthorized(offer(mine, mine), ["nonsense", `restrict,command="x y" ${mine.public}`])).toBe(true);
  });
});

describe("hostKeyFrom", () => {
  it("keeps a good key and replaces a bad one", () => {
    expect(hostKeyFrom(mine.private)).toEqual({ key: mine.private, problem: undefined });
    expect(hostKeyFrom(undefined).problem).toBeUndefined();
    expect(hostKeyFrom("nonsense").problem).toContain("ed25519_private");
  });
});

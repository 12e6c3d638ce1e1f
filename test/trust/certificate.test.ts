import { expect, test } from "vitest";
import { isCanonicalCertificate } from "../../src/trust/certificate.ts";
import { sigstore } from "./sigstore.ts";

test("every spelling of a certificate but one is refused around what its authority signed", async () => {
  const { certificate } = await (await sigstore()).certify();
  expect(isCanonicalCertificate(certificate)).toBe(true);
  const accepted = (der: Buffer) => {
    try {
      return isCanonicalCertificate(der);
    } catch {
      return false;
    }
  };
  // The outer header, and the octet of unused bits before the signature's own SEQUENCE.
  const unused = certificate.findLastIndex(
    (byte, at) =>
      byte === 0 && certificate[at - 2] === 0x03 && certificate[at - 1] === certificate.length - at,
  );
  for (const at of [0, 1, unused])
    for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
      const changed = Buffer.from(certificate);
      changed.writeUInt8((certificate[at] ?? 0) ^ bit, at);
      expect([at, bit, accepted(changed)]).toEqual([at, bit, false]);
    }
  expect(accepted(Buffer.concat([certificate, Buffer.from([0])]))).toBe(false);
  expect(accepted(Buffer.from("certificate"))).toBe(false);
});

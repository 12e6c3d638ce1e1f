import { expect, it, test } from "vitest";
import { newIssuing } from "../../rehearsal/acme/issuing.ts";
import { newAuthority, newKey } from "../../rehearsal/registry/tls/authority.ts";
import { parseCertificate } from "../../src/hosts/certificate.ts";
import { parseObservation } from "../../src/hosts/observation.ts";
import { wasRead } from "../../src/plan/facts.ts";

const names = ["example.com", "www.example.com"];
const bytesOf = (pem: string) =>
  /CERTIFICATE-----\n([^-]+)-----END/.exec(pem)?.[1]?.replaceAll("\n", "") ?? "";
const issued = bytesOf(newIssuing().issue(newKey(), names, { from: -10, until: 80 }));

test("a certificate is read with what it is for, who issued it, and until when", () => {
  const facts = parseCertificate([`leaf ${issued}`, ...names.map((name) => `wanted ${name}`)]);
  expect(facts).toMatchObject({ names, selfSigned: false, wanted: names });
  expect(facts?.issuer).toMatch(/^Rehearsal intermediate /);
  const days = (Date.parse(facts?.until ?? "") - Date.now()) / 86_400_000;
  expect(days).toBeCloseTo(80, 1);
  expect(facts).not.toHaveProperty("failure");
});

test("one that a host made itself is known as such", () => {
  const own = parseCertificate([`leaf ${bytesOf(newAuthority().certificate)}`]);
  expect(own).toMatchObject({ selfSigned: true, names: [] });
  expect(own).not.toHaveProperty("wanted");
});

test("why there is no other one is told too", () => {
  const lines = [
    `leaf ${issued}`,
    "failed 3 1795299894",
    "reason https://ca.example.com: no address was found",
  ];
  expect(parseCertificate(lines)?.failure).toEqual({
    count: 3,
    next: "2026-11-21T22:24:54.000Z",
    why: "https://ca.example.com: no address was found",
  });
});

test("a host without TLS has none", () => {
  expect(parseCertificate([])).toBeUndefined();
  const reading = parseObservation("shop-production-1", "attempt 1\n");
  expect(wasRead(reading) && reading.certificate).toBeUndefined();
});

it.each([
  ["no base64", "certificate leaf ????"],
  ["no certificate", `certificate leaf ${Buffer.from("nonsense").toString("base64")}`],
  ["a time that is none", `certificate leaf ${issued}\ncertificate failed 1 soon`],
])("%s is no observation", (_, line) => {
  expect(() => parseObservation("shop-production-1", `${line}\n`)).toThrow(
    expect.objectContaining({ code: "HostUnreachable" }),
  );
});

import { expect, test } from "vitest";
import { parseChallenge, schemeOf, scopeTexts } from "../../src/registry/challenge.ts";

const realm = "https://ghcr.io/token";
const bearer = (service: string | undefined) => ({ kind: "bearer", realm: new URL(realm), service });

test.each([
  [null, undefined],
  ["", undefined],
  ["Negotiate", undefined],
  ['Basic realm="x"', { kind: "basic" }],
  [`Bearer realm="${realm}",service="ghcr.io",scope="repository:user/image:pull"`, bearer("ghcr.io")],
  [`bearer realm="${realm}"`, bearer(undefined)],
  ['Bearer service="ghcr.io"', undefined],
  ['Bearer realm="not an address"', undefined],
  // Credentials would go there in the clear.
  ['Bearer realm="http://ghcr.io/token"', undefined],
  ['Bearer realm="ftp://ghcr.io/token"', undefined],
])("%j", (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});

test.each([
  ["ghcr.io", "https"],
  ["localhost:5000", "http"],
  ["127.0.0.1:5000", "http"],
  ["127.9.8.7", "http"],
  ["127.0.0.1.example.com", "https"],
  ["localhost.example.com", "https"],
  ["10.0.0.1:5000", "https"],
])("%s is asked over %s", (registry, scheme) => {
  expect(schemeOf(registry)).toBe(scheme);
});

test("scopes have one order, whatever order they are given in", () => {
  const a = { repository: "a", actions: "pull,push" } as const;
  const b = { repository: "b", actions: "pull" } as const;
  expect(scopeTexts([b, a])).toEqual(["repository:a:pull,push", "repository:b:pull"]);
  expect(scopeTexts([a, b])).toEqual(scopeTexts([b, a]));
});

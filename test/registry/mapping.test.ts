import { describe, expect, test } from "vitest";
import { mappingOf, stagingToProduction } from "../../src/registry/mapping.ts";

const name = (text: string) => {
  const slash = text.indexOf("/");
  return { registry: text.slice(0, slash), repository: text.slice(slash + 1) };
};

test.each([
  ["ghcr.io/example/shop-staging/api", "ghcr.io/example/shop/api"],
  ["127.0.0.1:5000/example/shop-staging/api", "127.0.0.1:5000/example/shop/api"],
  ["ghcr.io/example/shop/api", "ghcr.io/example/shop/api"],
  ["ghcr.io/example/shop/api-staging", "ghcr.io/example/shop/api-staging"],
  ["ghcr.io/shop-staging/api", "ghcr.io/shop-staging/api"],
  ["ghcr.io/example/shop-staging/deep/api", "ghcr.io/example/shop-staging/deep/api"],
])("by default %s goes to %s", (from, to) => {
  expect(stagingToProduction(name(from))).toEqual(name(to));
});

describe("a template", () => {
  test("may lead to another registry", () => {
    const mapping = mappingOf({
      from: "ghcr.io/{owner}/{app}-staging/{service}",
      to: "registry.example.com/{app}/{owner}.{service}",
    });
    expect(mapping(name("ghcr.io/acme/shop-staging/web"))).toEqual(
      name("registry.example.com/shop/acme.web"),
    );
    expect(mapping(name("docker.io/acme/shop-staging/web"))).toEqual(name("docker.io/acme/shop-staging/web"));
  });

  test("takes every other character as it is", () => {
    const mapping = mappingOf({ from: "ghcr.io/a.b/{service}", to: "ghcr.io/c/{service}" });
    expect(mapping(name("ghcr.io/axb/api"))).toEqual(name("ghcr.io/axb/api"));
  });

  test.each([
    ["ghcr.io/{a}", "ghcr.io/{b}"],
    ["ghcr.io/{a}/{a}", "ghcr.io/{a}"],
    ["{a}", "ghcr.io/{a}"],
    ["ghcr.io/{a}", "{a}"],
  ])("from %s to %s is refused", (from, to) => {
    expect(() => mappingOf({ from, to })).toThrow(expect.objectContaining({ code: "ConfigInvalid" }));
  });
});

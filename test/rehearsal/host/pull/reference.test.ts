import { describe, expect, it } from "vitest";
import { parseReference, registryUrl, storedName } from "../../../../rehearsal/host/pull/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("parseReference", () => {
  it.each([
    ["127.0.0.1:5000/team/api:v1", "127.0.0.1:5000", "team/api", "127.0.0.1:5000/team/api:v1"],
    [`ghcr.io/team/api@${digest}`, "ghcr.io", "team/api", `ghcr.io/team/api@${digest}`],
    [`ghcr.io/team/api:v1@${digest}`, "ghcr.io", "team/api", `ghcr.io/team/api@${digest}`],
    ["postgres", "docker.io", "library/postgres", "postgres:latest"],
    ["docker.io/library/postgres:17", "docker.io", "library/postgres", "library/postgres:17"],
    ["localhost/x", "localhost", "x", "localhost/x:latest"],
    ["team/api", "docker.io", "team/api", "team/api:latest"],
  ])("%s", (text, registry, repository, stored) => {
    const reference = parseReference(text);
    expect(reference).toMatchObject({ registry, repository });
    expect(reference && storedName(reference)).toBe(stored);
  });

  it.each(["", "Team/api", "a b", "api@sha256:12", "team//api", ":v1", "127.0.0.1:5000/"])(
    "refuses %j",
    (text) => {
      expect(parseReference(text)).toBeUndefined();
    },
  );
});

describe("registryUrl", () => {
  it.each([
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["localhost:5000", "http://localhost:5000"],
    ["127.0.0.1.example.com", "https://127.0.0.1.example.com"],
    ["ghcr.io", "https://ghcr.io"],
    ["docker.io", "https://registry-1.docker.io"],
  ])("%s is %s", (registry, url) => {
    expect(registryUrl(registry)).toBe(url);
  });
});

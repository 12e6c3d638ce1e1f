import { describe, expect, test } from "vitest";
import { provenance } from "./cosign.ts";
import { bundleType, digestOf } from "./repository.ts";
import { commit, outcome, setting, trust, verify } from "./setting.ts";
import { addSignature, attest, keyPair, statementFor } from "./signing.ts";
import { issuer, keylessBundle, sigstore, temporaryFile, workflow } from "./sigstore.ts";

const key = keyPair();
const repository = "https://github.com/example/shop";
const wanted = { repository, workflow: ".github/workflows/release.yml" };
const policy = (change: object = {}) =>
  trust({ signatures: { keys: [key.pem] }, provenance: { ...wanted, ...change } });
const version1 = "https://slsa.dev/provenance/v1";
const version02 = "https://slsa.dev/provenance/v0.2";

const generator = {
  builder: {
    id: "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v2.0.0",
  },
  buildType: "https://github.com/slsa-framework/slsa-github-generator/container@v1",
  invocation: {
    configSource: {
      uri: `git+${repository}@refs/heads/main`,
      digest: { sha1: commit },
      entryPoint: ".github/workflows/release.yml",
    },
  },
};

describe("provenance", () => {
  test.each([
    [version1, provenance(), "https://github.com/actions/runner/github-hosted"],
    [version02, generator, generator.builder.id],
  ])("%s", async (type, predicate, builder) => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    expect(await outcome(from, policy())).toMatchObject({ code: "InvalidProvenance" });
    attest(from.repository, from.digest, key, type, predicate);
    expect(await verify(from, policy())).toMatchObject({
      verified: true,
      services: { api: { provenance: { repository, workflow: wanted.workflow, commit, builder } } },
    });
  });

  const elsewhere = provenance("https://github.com/example/fork");
  const dependency = (uri: string, gitCommit: string) => ({
    ...provenance(),
    buildDefinition: {
      ...provenance().buildDefinition,
      resolvedDependencies: [{ uri, digest: { gitCommit } }],
    },
  });
  test.each<[string, string, object, object]>([
    ["another repository", version1, elsewhere, {}],
    ["another workflow", version1, provenance(), { workflow: ".github/workflows/test.yml" }],
    ["another commit: an old build", version1, provenance(repository, "b".repeat(40)), {}],
    ["no commit", version1, dependency(`git+${repository}`, ""), {}],
    [
      "the commit of another repository",
      version1,
      dependency("git+https://github.com/example/fork", commit),
      {},
    ],
    ["another builder", version1, provenance(), { builder: "https://builder.example.com/*" }],
    ["a predicate of another shape", version1, { buildDefinition: [] }, {}],
    ["an unknown version of the predicate", "https://slsa.dev/provenance/v9", provenance(), {}],
    ["another repository in 0.2", version02, generator, { repository: `${repository}2` }],
  ])("refused: %s", async (_, type, predicate, change) => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    attest(from.repository, from.digest, key, type, predicate);
    expect(await outcome(from, policy(change))).toMatchObject({ code: "InvalidProvenance" });
  });

  test("refused: true, but by nobody trusted, or about another image", async () => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    attest(from.repository, from.digest, keyPair(), version1, provenance());
    attest(from.repository, from.digest, key, version1, provenance(), digestOf("another"));
    expect(await outcome(from, policy())).toMatchObject({ code: "InvalidProvenance" });
  });

  test.each([
    ["the same repository and commit", { 12: repository, 13: commit }, "verified"],
    ["another repository", { 12: "https://github.com/example/fork", 13: commit }, "InvalidProvenance"],
    ["another commit", { 12: repository, 13: "c".repeat(40) }, "InvalidProvenance"],
  ])("the certificate says %s", async (_, claims, code) => {
    const instance = await sigstore();
    const from = setting();
    const statement = statementFor(from.digest, version1, provenance());
    const bundle = await keylessBundle(instance, statement, await instance.certify(workflow, claims));
    from.repository.refer(from.digest, Buffer.from(JSON.stringify(bundle)), bundleType);
    const trustRoot = temporaryFile("root.json", JSON.stringify(instance.trustedRoot));
    const signatures = { identities: [{ issuer, subject: workflow }], trustRoot };
    expect(await outcome(from, trust({ signatures, provenance: wanted }))).toMatchObject({ code });
  });
});

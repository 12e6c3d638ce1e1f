import { createRequire } from "node:module";
import { afterEach, assert, beforeEach, describe, expect, test, vi } from "vitest";
import { github } from "../../../../rehearsal/engine/providers/github/package.ts";
import type { ResourceType } from "../../../../rehearsal/engine/providers/provider.ts";
import { contextWith } from "./context.ts";
import { type Answer, type Asked, fakeApi } from "./fake-api.ts";

const load = createRequire(import.meta.url);
const { box } = load("tweetnacl") as typeof import("tweetnacl");
const blake = load("blakejs") as { blake2b(input: Uint8Array, key: undefined, length: number): Uint8Array };
const keys = box.keyPair();

beforeEach(() => vi.stubEnv("LIFTLOCK_REHEARSAL_PACE", "0"));
afterEach(() => vi.unstubAllEnvs());

/** Opens a sealed box as GitHub does. */
function opened(sealed: string): string {
  const all = Uint8Array.from(Buffer.from(sealed, "base64"));
  const sender = all.slice(0, 32);
  const nonce = blake.blake2b(Uint8Array.from([...sender, ...keys.publicKey]), undefined, 24);
  return Buffer.from(box.open(all.slice(32), nonce, sender, keys.secretKey) ?? []).toString("utf8");
}

function typeOf(name: string): ResourceType {
  return (
    github.resources[`github:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`] ??
    assert.fail(name)
  );
}

let secretTime = "2026-01-01T00:00:00Z";
const environment = {
  can_admins_bypass: true,
  deployment_branch_policy: null,
  protection_rules: [
    {
      type: "required_reviewers",
      prevent_self_review: true,
      reviewers: [{ type: "User", reviewer: { id: 5 } }],
    },
  ],
};

function hub({ line }: Asked): Answer {
  const [method = "", path = ""] = line.replace("/api/v3", "").split(" ");
  if (path === "/orgs/acme") return [404, {}];
  if (method === "DELETE") return [204];
  if (path.endsWith("/public-key"))
    return [200, { key_id: "k1", key: Buffer.from(keys.publicKey).toString("base64") }];
  if (method === "PUT" && path.includes("/secrets/")) return [201, {}];
  if (path.includes("/secrets/")) return [200, { created_at: secretTime, updated_at: secretTime }];
  if (method === "PUT" || path.endsWith("/environments/production")) return [200, environment];
  if (path.includes("/variables")) return [200, { value: "v", created_at: "c", updated_at: "u" }];
  if (path.includes("deployment-branch-policies")) return [200, { id: 9, name: "main" }];
  if (path === "/repos/acme/shop")
    return [200, { id: 42, name: "shop", full_name: "acme/shop", private: true }];
  if (path === "/users/ann") return [200, { id: 5, login: "ann" }];
  return [404, { message: "Not Found" }];
}

describe("a secret", () => {
  test("of a repository is sealed for its key, by value or by the older plaintextValue", async () => {
    await using api = await fakeApi(hub);
    const context = contextWith({ baseUrl: api.url, owner: "acme", token: "t" });
    for (const key of ["value", "plaintextValue"]) {
      const inputs = { repository: "shop", secretName: "KEY", [key]: "hush" };
      const made = await typeOf("ActionsSecret").create(inputs, context);
      expect(made).toMatchObject({ id: "shop:KEY", outputs: { repositoryId: 42, updatedAt: secretTime } });
    }
    const puts = api.asked.filter(({ line }) => line.startsWith("PUT"));
    expect(puts.map(({ line }) => line)).toEqual(
      Array(2).fill("PUT /api/v3/repos/acme/shop/actions/secrets/KEY"),
    );
    for (const { body } of puts) {
      const { key_id, encrypted_value } = body as { key_id: string; encrypted_value: string };
      expect([key_id, opened(encrypted_value)]).toEqual(["k1", "hush"]);
    }
    expect(api.asked[0]).toMatchObject({
      line: "GET /api/v3/orgs/acme",
      headers: { authorization: "Bearer t" },
    });
  });

  test("of an environment lives under the repository's number", async () => {
    await using api = await fakeApi(hub);
    const inputs = { repository: "shop", environment: "production", secretName: "KEY", value: "hush" };
    await typeOf("ActionsEnvironmentSecret").create(inputs, contextWith({ baseUrl: api.url, owner: "acme" }));
    expect(api.lines()).toContain("PUT /api/v3/repositories/42/environments/production/secrets/KEY");
  });

  test("that was overwritten shows by its time", async () => {
    await using api = await fakeApi(hub);
    const context = contextWith({ baseUrl: api.url, owner: "acme" });
    const type = typeOf("ActionsSecret");
    const made = await type.create({ repository: "shop", secretName: "KEY", value: "x" }, context);
    secretTime = "2026-02-02T00:00:00Z";
    const read = await type.read?.(made.id, made.outputs, context);
    expect(read?.outputs).toMatchObject({ value: "x", updatedAt: secretTime });
    expect(type.drift).toContain("updatedAt");
  });
});

test("an environment asks for its reviewers and reads its rules back", async () => {
  await using api = await fakeApi(hub);
  const context = contextWith({ baseUrl: api.url, owner: "acme" });
  const inputs = {
    repository: "shop",
    environment: "production",
    reviewers: [{ users: [5] }],
    preventSelfReview: true,
    deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
  };
  const made = await typeOf("RepositoryEnvironment").create(inputs, context);
  expect(api.asked.find(({ line }) => line.startsWith("PUT"))?.body).toEqual({
    wait_timer: 0,
    reviewers: [{ type: "User", id: 5 }],
    can_admins_bypass: true,
    prevent_self_review: true,
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  });
  expect(made.outputs).toMatchObject({ reviewers: [{ users: [5] }], preventSelfReview: true });
  const policy = await typeOf("RepositoryEnvironmentDeploymentPolicy").create(
    { repository: "shop", environment: "production", branchPattern: "main" },
    context,
  );
  expect(policy).toMatchObject({ id: "shop:production:9", outputs: { policyId: 9 } });
});

test("variables are posted, patched and deleted", async () => {
  await using api = await fakeApi(hub);
  const context = contextWith({ baseUrl: api.url, owner: "acme" });
  const type = typeOf("ActionsVariable");
  const inputs = { repository: "shop", variableName: "V", value: "v" };
  const made = await type.create(inputs, context);
  await type.update?.(made.id, { ...inputs, value: "w" }, made.outputs, context);
  await type.delete?.(made.id, made.outputs, context);
  const writes = api.lines().filter((line) => !line.startsWith("GET"));
  expect(writes).toEqual([
    "POST /api/v3/repos/acme/shop/actions/variables",
    "PATCH /api/v3/repos/acme/shop/actions/variables/V",
    "DELETE /api/v3/repos/acme/shop/actions/variables/V",
  ]);
});

test("repositories and users can be looked up", async () => {
  await using api = await fakeApi(hub);
  const context = contextWith({ baseUrl: api.url, owner: "acme" });
  const { functions = {} } = github;
  expect(
    await functions["github:index/getRepository:getRepository"]?.({ name: "shop" }, context),
  ).toMatchObject({ repoId: 42, visibility: "private" });
  expect(await functions["github:index/getUser:getUser"]?.({ username: "ann" }, context)).toMatchObject({
    id: "5",
    login: "ann",
  });
});

test("an owner is needed", async () => {
  const creation = typeOf("ActionsVariable").create(
    { repository: "shop", variableName: "V", value: "v" },
    contextWith({ baseUrl: "http://127.0.0.1:1" }),
  );
  await expect(creation).rejects.toThrow(/an owner is expected/);
});

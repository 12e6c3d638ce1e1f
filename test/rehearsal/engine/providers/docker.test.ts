import { expect, test } from "vitest";
import { docker } from "../../../../rehearsal/engine/providers/docker/package.ts";
import { parseReference } from "../../../../rehearsal/engine/providers/docker/reference.ts";
import type { Props } from "../../../../rehearsal/engine/values/values.ts";
import { contextWith } from "./context.ts";
import { type Answer, type Asked, type FakeApi, fakeApi } from "./fake-api.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const getImage =
  docker.functions?.["docker:index/getRegistryImage:getRegistryImage"] ?? expect.fail("no function");
const hostOf = (api: FakeApi) => new URL(api.url).host;

test.each([
  ["127.0.0.1:5000/shop/api:1.2", { registry: "127.0.0.1:5000", repository: "shop/api", version: "1.2" }],
  [`ghcr.io/a/b@${DIGEST}`, { registry: "ghcr.io", repository: "a/b", version: DIGEST }],
  [`localhost/a:1@${DIGEST}`, { registry: "localhost", repository: "a", version: DIGEST }],
  ["nginx", { registry: "registry-1.docker.io", repository: "library/nginx", version: "latest" }],
])("%s", (name, reference) => expect(parseReference(name)).toEqual(reference));

test("the digest is what HEAD of the manifest says, for every kind of manifest", async () => {
  await using api = await fakeApi(() => [200, undefined, { "docker-content-digest": DIGEST }]);
  const name = `${hostOf(api)}/shop/api:1.2`;
  expect(await getImage({ name }, contextWith({}))).toEqual({ id: DIGEST, name, sha256Digest: DIGEST });
  expect(api.lines()).toEqual(["HEAD /v2/shop/api/manifests/1.2"]);
  for (const type of ["image.index.v1", "image.manifest.v1", "manifest.list.v2", "manifest.v2"]) {
    expect(api.asked[0]?.headers.accept).toContain(type);
  }
});

test("a token is fetched with the provider's credentials when the registry asks for one", async () => {
  const answer = ({ line, headers }: Asked): Answer => {
    if (line.startsWith("GET /token")) return headers.authorization ? [200, { token: "tok" }] : [401];
    if (headers.authorization === "Bearer tok") return [200, undefined, { "docker-content-digest": DIGEST }];
    return [
      401,
      undefined,
      {
        "www-authenticate": `Bearer realm="${api.url}/token",service="reg",scope="repository:shop/api:pull"`,
      },
    ];
  };
  await using api = await fakeApi((asked) => answer(asked));
  const registryAuth = JSON.stringify([
    { address: `http://${hostOf(api)}`, username: "ann", password: "pw" },
  ]);
  const found = await getImage(
    { name: `${hostOf(api)}/shop/api:1` },
    contextWith({ registryAuth } satisfies Props),
  );
  expect(found.sha256Digest).toBe(DIGEST);
  const token = api.asked.find(({ line }) => line.startsWith("GET"));
  expect(token?.line).toBe("GET /token?service=reg&scope=repository%3Ashop%2Fapi%3Apull");
  expect(token?.headers.authorization).toBe(`Basic ${Buffer.from("ann:pw").toString("base64")}`);
});

test("a missing image is named with the registry's answer", async () => {
  await using api = await fakeApi(() => [404]);
  const name = `${hostOf(api)}/shop/api:none`;
  await expect(getImage({ name }, contextWith({}))).rejects.toThrow(
    `did not find the image ${name}: the registry ${hostOf(api)} answered 404`,
  );
});

import { describe, expect, test } from "vitest";
import type { LoggedRequest } from "../../../rehearsal/http/request-log.ts";
import { buildImage } from "../../../rehearsal/images/image.ts";
import { trafficOf } from "../../../rehearsal/registry/traffic.ts";
import { start, upload } from "./asking.ts";

const digest = `sha256:${"a".repeat(64)}`;

const logged = (method: string, path: string, status = 200): LoggedRequest => ({
  method,
  path,
  status,
  agent: "test",
  from: "127.0.0.1",
  at: 0,
  milliseconds: 0,
  unknown: false,
});

describe("what a request was about", () => {
  test.each<[string, string, number, string, string, string]>([
    ["GET", "/token?scope=repository:a/b:pull", 200, "authentication", "", ""],
    ["GET", `/v2/a/b/manifests/${digest}`, 401, "authentication", "a/b", digest],
    ["GET", "/v2/", 200, "other", "", ""],
    ["POST", `/v2/a/b/c/blobs/uploads/?mount=${digest}&from=a/b-staging/c`, 201, "mount", "a/b/c", ""],
    ["POST", `/v2/a/b/blobs/uploads/?mount=${digest}&from=x`, 202, "upload", "a/b", ""],
    ["POST", `/v2/a/b/blobs/uploads/?digest=${digest}`, 201, "upload", "a/b", ""],
    ["PATCH", "/v2/a/b/blobs/uploads/id", 202, "upload", "a/b", "id"],
    ["PUT", `/v2/a/b/blobs/uploads/id?digest=${digest}`, 201, "upload", "a/b", "id"],
    ["GET", `/v2/a/b/blobs/${digest}`, 200, "blob", "a/b", digest],
    ["HEAD", `/v2/a/b/blobs/${digest}`, 200, "blobHead", "a/b", digest],
    ["GET", "/v2/a/b/manifests/main", 404, "manifest", "a/b", "main"],
    ["HEAD", "/v2/a/b/manifests/main", 200, "manifestHead", "a/b", "main"],
    ["PUT", "/v2/a/b/manifests/main", 201, "manifestPut", "a/b", "main"],
    ["GET", "/v2/a/b/tags/list?n=100", 200, "tags", "a/b", ""],
    ["GET", `/v2/a/b/referrers/${digest}`, 404, "other", "a/b", digest],
  ])("%s %s (%i): %s", (method, path, status, kind, repository, reference) => {
    expect(trafficOf([logged(method, path, status)])).toMatchObject([{ kind, repository, reference }]);
  });

  test("of a registry that was really asked", async () => {
    const registry = await start();
    registry.push("team/staging", await buildImage({ behaviour: { service: "api", version: "1" } }), ["1"]);
    const blob = await upload(registry, "team/staging", "content");
    const headers = { "user-agent": "somebody" };
    await registry.ask("POST", `team/api/blobs/uploads/?mount=${blob}&from=team/staging`, { headers });
    await registry.ask("GET", `team/api/blobs/${blob}`, { headers });
    const asked = trafficOf(registry.requests.all());
    expect(asked.map(({ kind, repository }) => `${kind} ${repository}`)).toEqual([
      "upload team/staging",
      "mount team/api",
      "blob team/api",
    ]);
    expect(asked.at(-1)?.request).toMatchObject({ agent: "somebody", from: "127.0.0.1" });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Router } from "../../../rehearsal/http/router.ts";

const answer = () => ({ status: 200 });

describe("Router", () => {
  const router = new Router()
    .on("GET", "/v2/droplets", answer)
    .on("GET", "/v2/droplets/:id", answer)
    .on("POST", "/v2/droplets/:id/actions", answer)
    .on("GET", "/v2/:name+/blobs/uploads/:id", answer)
    .on("GET", "/v2/:name+/manifests/:reference", answer);

  test.each([
    ["GET", "/v2/droplets", {}],
    ["GET", "/v2/droplets/7", { id: "7" }],
    ["POST", "/v2/droplets/7/actions", { id: "7" }],
    ["GET", "/v2/a/b/c/manifests/1.0", { name: "a/b/c", reference: "1.0" }],
    ["GET", "/v2/a/blobs/uploads/x", { name: "a", id: "x" }],
  ])("%s %s is known", (method, path, params) => {
    expect(router.find(method, path)?.params).toEqual(params);
  });

  test.each([
    ["DELETE", "/v2/droplets"],
    ["GET", "/v2/droplets/"],
    ["GET", "/v2/droplets/7/actions/8"],
    ["GET", "/v2xdroplets"],
    ["GET", "/prefix/v2/droplets"],
  ])("%s %s is not", (method, path) => {
    expect(router.find(method, path)).toBeUndefined();
  });

  test("a named part is whatever was encoded into the segment", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", "/", "%", ".", ":", "+", " ", "ü", "😀") }),
        (text) => {
          expect(router.find("GET", `/v2/droplets/${encodeURIComponent(text)}`)?.params).toEqual({
            id: text,
          });
        },
      ),
    );
  });

  test("the first route that fits serves", () => {
    const first = () => ({ status: 201 });
    const both = new Router().on("GET", "/a/public-key", first).on("GET", "/a/:name", answer);
    expect(both.find("GET", "/a/public-key")?.handler).toBe(first);
    expect(both.find("GET", "/a/other")?.handler).toBe(answer);
  });
});

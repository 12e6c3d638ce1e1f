import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../rehearsal/images/digest.ts";
import { codeOf, start, upload } from "./asking.ts";

const octets = fc.uint8Array({ maxLength: 2000 });

describe("uploads", () => {
  test("what was uploaded in any chunks comes back as it was", async () => {
    const registry = await start();
    await fc.assert(
      fc.asyncProperty(fc.array(octets, { maxLength: 4 }), octets, async (chunks, last) => {
        const whole = Buffer.concat([...chunks, last]);
        const digest = digestOf(whole);
        const started = await registry.ask("POST", "a/b/blobs/uploads/");
        expect(started.status).toBe(202);
        let location = started.headers.get("location") ?? "";
        let sent = 0;
        for (const chunk of chunks) {
          const range = `${sent}-${sent + chunk.length - 1}`;
          const headers = chunk.length > 0 ? { "content-range": range } : {};
          const answer = await registry.ask("PATCH", location, { body: chunk, headers });
          sent += chunk.length;
          expect(answer.status).toBe(202);
          expect(answer.headers.get("range")).toBe(`0-${Math.max(sent - 1, 0)}`);
          location = answer.headers.get("location") ?? "";
        }
        const put = await registry.ask("PUT", `${location}?digest=${digest}`, { body: last });
        expect(put.status).toBe(201);
        expect(put.headers.get("docker-content-digest")).toBe(digest);
        const back = await registry.ask("GET", put.headers.get("location") ?? "");
        expect(Buffer.from(await back.arrayBuffer()).equals(whole)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test("content of another digest is refused, and not kept", async () => {
    const registry = await start();
    const digest = digestOf(Buffer.from("promised"));
    const answer = await registry.ask("POST", `a/blobs/uploads/?digest=${digest}`, { body: "delivered" });
    expect([answer.status, await codeOf(answer)]).toEqual([400, "DIGEST_INVALID"]);
    expect((await registry.ask("HEAD", `a/blobs/${digest}`)).status).toBe(404);
    expect((await registry.ask("HEAD", `a/blobs/${digestOf(Buffer.from("delivered"))}`)).status).toBe(404);
    expect(registry.store.blobCount).toBe(0);
  });

  test("a chunk that does not follow on the last is refused", async () => {
    const registry = await start();
    const location = (await registry.ask("POST", "a/blobs/uploads/")).headers.get("location") ?? "";
    await registry.ask("PATCH", location, { body: "12345", headers: { "content-range": "0-4" } });
    const answer = await registry.ask("PATCH", location, { body: "78", headers: { "content-range": "6-7" } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("range")).toBe("0-4");
    const asked = await registry.ask("GET", location);
    expect([asked.status, asked.headers.get("range")]).toEqual([204, "0-4"]);
  });

  test("an upload that was given up, or is another repository's, is unknown", async () => {
    const registry = await start();
    const location = (await registry.ask("POST", "a/blobs/uploads/")).headers.get("location") ?? "";
    const elsewhere = await registry.ask("GET", location.replace("/a/", "/b/"));
    expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
    expect((await registry.ask("DELETE", location)).status).toBe(204);
    expect((await registry.ask("GET", location)).status).toBe(404);
  });

  test("mounting takes a blob over from a repository that has it; otherwise an upload starts", async () => {
    const registry = await start();
    const digest = await upload(registry, "staging/api", "layer");
    const mounted = await registry.ask(
      "POST",
      `production/api/blobs/uploads/?mount=${digest}&from=staging/api`,
    );
    expect(mounted.status).toBe(201);
    expect(mounted.headers.get("location")).toBe(`/v2/production/api/blobs/${digest}`);
    expect(await (await registry.ask("GET", `production/api/blobs/${digest}`)).text()).toBe("layer");
    expect(registry.store.blobCount).toBe(1);
    const missed = await registry.ask("POST", `production/api/blobs/uploads/?mount=${digest}&from=other/api`);
    expect(missed.status).toBe(202);
  });
});

describe("blobs", () => {
  test("belong to the repositories they were uploaded to, and live as long as one has them", async () => {
    const registry = await start();
    const digest = await upload(registry, "a", "content");
    await upload(registry, "b", "content");
    expect(registry.store.blobCount).toBe(1);
    const unknown = await registry.ask("GET", `c/blobs/${digest}`);
    expect([unknown.status, await codeOf(unknown)]).toEqual([404, "BLOB_UNKNOWN"]);
    expect((await registry.ask("DELETE", `a/blobs/${digest}`)).status).toBe(202);
    expect((await registry.ask("HEAD", `a/blobs/${digest}`)).status).toBe(404);
    expect((await registry.ask("HEAD", `b/blobs/${digest}`)).status).toBe(200);
    expect((await registry.ask("DELETE", `b/blobs/${digest}`)).status).toBe(202);
    expect(registry.store.blobCount).toBe(0);
  });

  test.each([
    ["bytes=2-4", 206, "cde", "bytes 2-4/6"],
    ["bytes=2-", 206, "cdef", "bytes 2-5/6"],
    ["bytes=4-99", 206, "ef", "bytes 4-5/6"],
    ["words=1-2", 200, "abcdef", null],
  ])("Range: %s brings %i %s", async (range, status, text, told) => {
    const registry = await start();
    const digest = await upload(registry, "a", "abcdef");
    const answer = await registry.ask("GET", `a/blobs/${digest}`, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get("content-range")]).toEqual([
      status,
      text,
      told,
    ]);
  });

  test("a range past the end is refused", async () => {
    const registry = await start();
    const digest = await upload(registry, "a", "abcdef");
    const answer = await registry.ask("GET", `a/blobs/${digest}`, { headers: { range: "bytes=6-" } });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */6"]);
  });

  test.each([
    ["Upper/case/blobs/uploads/", "NAME_INVALID"],
    ["a--/blobs/uploads/", "NAME_INVALID"],
    ["a/blobs/uploads/?digest=md5:abc", "DIGEST_INVALID"],
  ])("POST %s is refused as %s", async (path, code) => {
    const registry = await start();
    const answer = await registry.ask("POST", path);
    expect([answer.status, await codeOf(answer)]).toEqual([400, code]);
  });
});

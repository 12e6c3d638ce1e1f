import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf, isDigest } from "../../../rehearsal/images/digest.ts";
import { type LayerFile, layerOf, tarOf } from "../../../rehearsal/images/layer.ts";
import { entriesOf } from "./unpack.ts";

const segment = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
const files = fc.uniqueArray(
  fc.record({
    // The last segment has a dot, so that no file is where another needs a directory.
    path: fc
      .tuple(fc.array(segment, { maxLength: 3 }), segment)
      .map(([folders, name]) => [...folders, `${name}.f`].join("/")),
    content: fc.string(),
    mode: fc.constantFrom(0o644, 0o755, 0o600),
  }),
  { selector: ({ path }) => path, maxLength: 8 },
);

describe("a layer", () => {
  test("holds exactly the files given, and their directories", async () => {
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const entries = await entriesOf(await tarOf(given));
        const found = entries.filter(({ header }) => header.type === "file");
        const sorted = given.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        expect(
          found.map(({ header, content }) => ({ path: header.name, content, mode: header.mode })),
        ).toEqual(sorted);
        for (const { path } of given) {
          const parts = path.split("/").slice(0, -1);
          const parents = parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
          const names = entries.map(({ header }) => header.name);
          expect(names).toEqual(expect.arrayContaining(parents));
        }
        const about = entries.map(({ header: { uid, gid, mtime } }) => ({ uid, gid, at: mtime?.getTime() }));
        for (const one of about) expect(one).toEqual({ uid: 0, gid: 0, at: 0 });
      }),
      { numRuns: 50 },
    );
  });

  test("has the same digest whatever the order of the files", async () => {
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const [one, other] = await Promise.all([layerOf(given), layerOf(given.toReversed())]);
        expect(other.digest).toBe(one.digest);
        expect(other.diffId).toBe(one.diffId);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, LayerFile]>([
    ["content", { path: "a/b", content: "2" }],
    ["name", { path: "a/c", content: "1" }],
    ["mode", { path: "a/b", content: "1", mode: 0o755 }],
  ])("has another digest when a file's %s is another", async (_, changed) => {
    const before = await layerOf([{ path: "a/b", content: "1" }]);
    const after = await layerOf([changed]);
    expect(after.digest).not.toBe(before.digest);
    expect(after.diffId).not.toBe(before.diffId);
  });

  test("is what its digests say", async () => {
    const layer = await layerOf([{ path: "a/b", content: "1" }]);
    expect(layer.digest).toBe(digestOf(layer.bytes));
    expect(layer.diffId).toBe(digestOf(gunzipSync(layer.bytes)));
    expect(layer.size).toBe(layer.bytes.length);
  });
});

test.each([
  [digestOf(Buffer.alloc(0)), true],
  ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true],
  ["sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", false],
  ["sha256:e3b0", false],
  [`sha512:${"0".repeat(128)}`, false],
  ["latest", false],
])("isDigest(%s) is %s", (text, expected) => {
  expect(isDigest(text)).toBe(expected);
});

test("the digest of nothing is the well-known one", () => {
  expect(digestOf(new Uint8Array())).toBe(
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

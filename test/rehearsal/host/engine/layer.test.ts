import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { LayerRefused, stackLayers, unpackLayer } from "../../../../rehearsal/host/engine/layer.ts";

async function tar(
  entries: Record<string, string>,
  links: { name: string; linkname: string; type: "link" | "symlink" }[] = [],
) {
  const archive = pack();
  for (const [name, text] of Object.entries(entries)) archive.entry({ name }, text);
  for (const link of links) archive.entry(link);
  archive.finalize();
  return buffer(archive);
}
const layer = async (entries: Record<string, string>) => unpackLayer(await tar(entries));
const names = (files: ReadonlyMap<string, Buffer>) => [...files.keys()].sort();

describe("unpackLayer", () => {
  it("gives the same with and without gzip", async () => {
    const archive = await tar({ "app/a.txt": "a", "./b": "b" });
    const [plain, zipped] = await Promise.all([unpackLayer(archive), unpackLayer(gzipSync(archive))]);
    expect(names(plain.files)).toEqual(["/app/a.txt", "/b"]);
    expect(zipped).toEqual(plain);
  });

  it.each(["../etc/passwd", "a/../../b"])("refuses %s", async (name) => {
    await expect(layer({ [name]: "x" })).rejects.toBeInstanceOf(LayerRefused);
  });

  it("refuses what is no archive", async () => {
    await expect(unpackLayer(Buffer.from("x".repeat(2000)))).rejects.toBeInstanceOf(LayerRefused);
    await expect(unpackLayer(Buffer.from([0x1f, 0x8b, 1, 2, 3]))).rejects.toBeInstanceOf(LayerRefused);
  });

  it("follows links to files of the layer", async () => {
    const links = [
      { name: "hard", linkname: "a", type: "link" },
      { name: "dir/soft", linkname: "../a", type: "symlink" },
      { name: "dangling", linkname: "/none", type: "symlink" },
    ] as const;
    const { files } = await unpackLayer(await tar({ a: "text" }, [...links]));
    expect(names(files)).toEqual(["/a", "/dir/soft", "/hard"]);
    expect(files.get("/dir/soft")?.toString()).toBe("text");
  });
});

describe("stackLayers", () => {
  it("lets later layers replace, delete and hide", async () => {
    const layers = await Promise.all([
      layer({ "a/1": "old", "a/2": "old", "b/1": "old", "b/deep/2": "old", c: "old" }),
      layer({ "a/.wh.2": "", "b/.wh..wh..opq": "", "b/3": "new", c: "new" }),
    ]);
    const files = stackLayers(layers);
    expect(names(files)).toEqual(["/a/1", "/b/3", "/c"]);
    expect(files.get("/c")?.toString()).toBe("new");
  });
});

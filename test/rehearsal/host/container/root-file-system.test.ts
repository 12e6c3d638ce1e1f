import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { recipeId } from "../../../../rehearsal/host/container/recipe.ts";
import {
  cacheFolder,
  isCached,
  openArchive,
  readBusybox,
  rootFileSystem,
} from "../../../../rehearsal/host/container/root-file-system.ts";

const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

/** A cache with a root file system in it, as a build would leave it. */
function fill(): { cache: string; folder: string } {
  const cache = mkdtempSync(join(tmpdir(), "liftlock-cache-"));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const folder = join(cache, `root-${recipeId}`);
  mkdirSync(folder);
  const archive = zstdCompressSync(Buffer.from("a root file system"));
  writeFileSync(join(folder, "root.tar.zst"), archive);
  writeFileSync(join(folder, "busybox"), "busybox");
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ archive: hash(archive), busybox: hash("busybox") }),
  );
  return { cache, folder };
}

describe("the cached root file system", () => {
  test("is taken as it was built", async () => {
    const { cache } = fill();
    const root = await rootFileSystem(cache);
    expect((await buffer(await openArchive(root))).toString()).toBe("a root file system");
    expect((await readBusybox(root.folder)).toString()).toBe("busybox");
  });

  test("is refused when the archive was changed", async () => {
    const { cache, folder } = fill();
    const root = await rootFileSystem(cache);
    writeFileSync(join(folder, "root.tar.zst"), zstdCompressSync(Buffer.from("another one")));
    await expect(openArchive(root)).rejects.toMatchObject({
      code: "RootFileSystemCorrupted",
      hint: `rm -r ${folder}`,
    });
  });

  test("is refused when its busybox or its index was changed", async () => {
    const { cache, folder } = fill();
    writeFileSync(join(folder, "busybox"), "something else");
    await expect(readBusybox(folder)).rejects.toMatchObject({ code: "RootFileSystemCorrupted" });
    writeFileSync(join(folder, "index.json"), "{");
    await expect(rootFileSystem(cache)).rejects.toMatchObject({ code: "RootFileSystemCorrupted" });
  });

  test("of another recipe does not count", () => {
    const cache = mkdtempSync(join(tmpdir(), "liftlock-cache-"));
    onTestFinished(() => rmSync(cache, { recursive: true }));
    mkdirSync(join(cache, "root-0000000000000000"));
    writeFileSync(join(cache, "root-0000000000000000", "index.json"), "{}");
    expect(isCached(cache)).toBe(false);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ XDG_CACHE_HOME: "/somewhere" }, /^\/somewhere\/liftlock\/rehearsal$/],
    [{}, /\/\.cache\/liftlock\/rehearsal$/],
    [{ XDG_CACHE_HOME: "" }, /\/\.cache\/liftlock\/rehearsal$/],
  ])("lies outside the repository: %j", (environment, expected) =>
    expect(cacheFolder(environment)).toMatch(expected),
  );
});

import { appendFileSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManifestFile } from "../../src/automation/manifestFile.ts";
import { sha256 } from "../../src/registry/manifest.ts";
import { storedContent } from "../../src/registry/storedContent.ts";

const bytes = (name: string) => Buffer.from(JSON.stringify({ name }));
const digest = (name: string) => sha256(bytes(name));

const content = (name: string) => storedContent({ digest: digest(name), bytes: bytes(name) });

function fresh() {
  const path = join(mkdtempSync(join(tmpdir(), "liftlock-manifests-")), "below", "manifests");
  const write = (names: readonly string[], stored: readonly string[] = names) => {
    const file = new ManifestFile(path);
    for (const name of names) file.add(digest(name), bytes(name));
    file.save(new Set(stored.map(digest)));
  };
  return { path, write };
}

describe("ManifestFile", () => {
  it("knows the next time what was read before", () => {
    const { path, write } = fresh();
    write(["a", "b"]);
    write(["c"], ["a", "b", "c"]);
    const file = new ManifestFile(path);
    for (const name of ["a", "b", "c"]) expect(file.get(digest(name))).toEqual(content(name));
    expect(file.get(digest("d"))).toBeUndefined();
  });

  it("believes only bytes that are of their digest", () => {
    const { path, write } = fresh();
    write(["a"]);
    appendFileSync(
      path,
      `${digest("b")} ${bytes("other").toString("base64")}\n\nnonsense\n${digest("c")} cut`,
    );
    const file = new ManifestFile(path);
    expect(file.get(digest("a"))).toEqual(content("a"));
    for (const name of ["b", "c"]) expect(file.get(digest(name))).toBeUndefined();
  });

  it("lets go of what is not stored any more, once that is most of it", () => {
    const { path, write } = fresh();
    write(["a", "b", "c", "d", "e"]);
    write([], ["a"]);
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(1);
    expect(new ManifestFile(path).get(digest("a"))).toEqual(content("a"));
  });
});

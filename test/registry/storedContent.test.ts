import { describe, expect, it } from "vitest";
import { storedContent } from "../../src/registry/storedContent.ts";
import { digest } from "../releases.ts";

const [own, config, layer, part] = ["own", "config", "layer", "part"].map(digest) as [
  string,
  string,
  string,
  string,
];
const of = (value: unknown) => {
  const bytes = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  return { size: bytes.length, content: storedContent({ digest: own, bytes }) };
};
const descriptor = (of: string, size: number) => ({
  mediaType: "application/octet-stream",
  digest: of,
  size,
});

describe("storedContent", () => {
  it("has an image's configuration and layers, each once, and the manifest itself", () => {
    const layers = [descriptor(layer, 30), descriptor(layer, 30)];
    const { content, size } = of({ schemaVersion: 2, config: descriptor(config, 20), layers });
    expect(content).toEqual({
      blobs: [
        { digest: own, size },
        { digest: config, size: 20 },
        { digest: layer, size: 30 },
      ],
      members: [],
    });
  });

  it("has what an index lists, and what a manifest speaks of", () => {
    const { content } = of({
      schemaVersion: 2,
      manifests: [descriptor(part, 10)],
      subject: descriptor(layer, 1),
    });
    expect(content).toMatchObject({ members: [part], subject: layer });
  });

  it.each([
    ["no JSON", `?? ${part} ${layer}`],
    [
      "an index and an image at once",
      { config: descriptor(layer, 1), layers: [], manifests: [descriptor(part, 1)] },
    ],
    ["of a kind that we do not know", { schemaVersion: 9, things: [part, { nested: layer }] }],
  ])("takes everything for a part that is mentioned by what is %s", (_, value) => {
    expect(of(value).content.members.toSorted()).toEqual([part, layer].toSorted());
  });
});

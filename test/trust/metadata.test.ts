import { describe, expect, test } from "vitest";
import { buildImage } from "../../rehearsal/images/image.ts";
import { buildIndex } from "../../rehearsal/images/image-index.ts";
import { digestOf } from "./repository.ts";
import { commit, imageWith, labels, outcome, releaseOf, setting, trust, verify } from "./setting.ts";

const policy = trust({});
const label = (name: string, value: string | undefined) => ({ [`org.opencontainers.image.${name}`]: value });

describe("metadata", () => {
  test("labels are returned; without signatures the release is not called verified", async () => {
    const result = await verify(setting(), policy);
    expect(result).toMatchObject({
      verified: false,
      reason: "liftlock:trust asks for no signature",
      checks: { metadata: "passed", signature: "off", provenance: "off", security: "off" },
      services: { api: { labels: { revision: commit, version: "1.6.1" } } },
    });
  });

  test.each([
    ["source", undefined, false],
    ["source", "example/shop", false],
    ["source", "javascript:alert(1)", false],
    ["source", "git+https://github.com/example/shop", true],
    ["revision", undefined, false],
    ["revision", "main", false],
    ["revision", "f".repeat(40), false],
    ["revision", commit.toUpperCase(), false],
    ["revision", commit.slice(0, 12), false],
    ["version", undefined, false],
    ["version", "", false],
    ["version", "1.6.1\u001b[31m", false],
    ["version", "v1.6.1-rc.1", true],
    ["created", undefined, false],
    ["created", "yesterday", false],
    ["created", "2026-02-30T00:00:00Z", false],
    ["created", "2026-02-28T10:00:00+01:00", true],
  ])("label %s = %s: %s", async (name, value, fits) => {
    const { code, message } = await outcome(setting(await imageWith(label(name, value))), policy);
    expect(code).toBe(fits ? "unverified" : "InvalidMetadata");
    expect(message).not.toContain("\u001b");
  });

  test("a release with a short commit takes images of the full one, and of the same short one", async () => {
    const from = setting();
    const short = { ...from.release, commit: commit.slice(0, 7) };
    expect(await outcome({ ...from, release: short }, policy)).toMatchObject({ code: "unverified" });
    const labelled = setting(await imageWith(label("revision", commit.slice(0, 7))));
    const same = { ...labelled.release, commit: commit.slice(0, 7) };
    expect(await outcome({ ...labelled, release: same }, policy)).toMatchObject({ code: "unverified" });
  });

  test("an old image under a new release is refused: its revision is another commit", async () => {
    const from = setting();
    const replayed = { ...from.release, commit: "a".repeat(40) };
    expect(await outcome({ ...from, release: replayed }, policy)).toMatchObject({ code: "InvalidMetadata" });
  });

  test("an image without labels, or for another platform, is refused", async () => {
    const behaviour = { service: "api", version: "1.6.1" };
    const arm = { os: "linux", architecture: "arm64" };
    expect(await outcome(setting(await buildImage({ behaviour })), policy)).toMatchObject({
      code: "InvalidMetadata",
    });
    const image = await buildImage({ behaviour, labels, platform: arm });
    expect(await outcome(setting(image), policy)).toMatchObject({ code: "InvalidMetadata" });
    expect(await outcome(setting(image), trust({ platform: "linux/arm64" }))).toMatchObject({
      code: "unverified",
    });
  });

  test("of an index the hosts' platform counts", async () => {
    const [amd64, arm64] = [
      await imageWith(),
      await buildImage({
        behaviour: { service: "api", version: "1.6.1" },
        platform: { os: "linux", architecture: "arm64" },
      }),
    ];
    expect(await outcome(setting(buildIndex([arm64, amd64])), policy)).toMatchObject({ code: "unverified" });
    expect(await outcome(setting(buildIndex([arm64])), policy)).toMatchObject({ code: "InvalidMetadata" });
  });

  test("a swapped manifest or configuration, and one that is not there", async () => {
    const swapped = setting();
    const other = await imageWith({}, "web");
    swapped.repository.pushImage(other);
    swapped.repository.manifests.set(swapped.digest, other.manifest);
    expect(await outcome(swapped, policy)).toMatchObject({ code: "ImageCorrupted" });

    const config = setting();
    const [digest = ""] = [...config.repository.blobs.keys()];
    const bytes = config.repository.blobs.get(digest)?.toString() ?? "";
    config.repository.blobs.set(digest, Buffer.from(bytes.replace("2026-02-28", "2026-02-27")));
    expect(await outcome(config, policy)).toMatchObject({ code: "ImageCorrupted" });

    const missing = { ...setting(), release: releaseOf({ api: digestOf("nothing") }) };
    expect(await outcome(missing, policy)).toMatchObject({ code: "ImageMissing" });
  });

  test("can be switched off", async () => {
    const from = setting(await imageWith(label("revision", "main")));
    expect(await verify(from, trust({ metadata: "off" }))).toMatchObject({
      checks: { metadata: "off" },
      services: { api: { labels: undefined } },
    });
  });
});

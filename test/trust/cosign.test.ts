import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CosignRecording, cosignOnPath, signWithCosign } from "./cosign.ts";
import { digestOf, MemoryRepository } from "./repository.ts";
import { commit, outcome, releaseOf, type Setting, trust, verify } from "./setting.ts";
import { keyPair } from "./signing.ts";

const directory = join(import.meta.dirname, "recorded");
const recordings = readdirSync(directory).map(
  (file) => JSON.parse(readFileSync(join(directory, file), "utf8")) as CosignRecording,
);
const live = cosignOnPath();

const settingOf = (recording: CosignRecording): Setting => ({
  repository: MemoryRepository.from(recording),
  digest: recording.digest,
  release: releaseOf({ api: recording.digest }),
});

const whole = (pem = "") => ({
  signatures: { keys: [pem] },
  provenance: { repository: "https://github.com/example/shop", workflow: ".github/workflows/release.yml" },
  security: {},
});

/** What comes of everything that a cosign made, by what was tried. */
async function outcomes(recording: CosignRecording) {
  const { keys, digest } = recording;
  const by = (kind: string) => outcome(settingOf(recording), trust({ signatures: { keys: [keys[kind]] } }));
  const found: Record<string, string> = {};
  for (const kind of Object.keys(keys)) {
    const { code, message } = await by(kind);
    found[kind] = message.includes("Ed25519ph") ? `${code}, told why` : code;
  }
  found.stranger = (await outcome(settingOf(recording), trust(whole(keyPair().pem)))).code;

  // Everything of this image, put beside another one: the tags are anybody's claim.
  const moved = settingOf(recording);
  const other = moved.repository.putManifest({
    ...(JSON.parse(moved.repository.manifests.get(digest)?.toString() ?? "") as object),
    annotations: { changed: "yes" },
  });
  for (const [tag, to] of moved.repository.tags)
    if (tag.startsWith("sha256-"))
      moved.repository.tags.set(tag.replace(digest.slice(7), other.digest.slice(7)), to);
  const release = releaseOf({ api: other.digest });
  found.moved = (await outcome({ ...moved, release }, trust(whole(keys.cosign)))).code;
  return found;
}

/** cosign 3 signs bundles with Ed25519ph, which is refused, and told why; 2.5.0 cannot import RSA. */
const expectedOf = ({ keys, manifests }: CosignRecording) => ({
  cosign: "verified",
  ...(keys.rsa !== undefined && { rsa: "verified" }),
  ed25519: JSON.stringify(manifests).includes("sigstore.bundle") ? "InvalidSignature, told why" : "verified",
  stranger: "InvalidSignature",
  moved: "InvalidSignature",
});

const proven = {
  verified: true,
  checks: { metadata: "passed", signature: "passed", provenance: "passed", security: "passed" },
  services: { api: { provenance: { commit }, security: { reports: 1, findings: 0 } } },
};

describe.each(recordings.map((r) => [r.madeBy, r] as const))("recorded %s", (_, recording) => {
  test("its signatures are accepted by their keys, refused for another key or image", async () => {
    expect(await outcomes(recording)).toEqual(expectedOf(recording));
  });
  test("its attestations are accepted", async () => {
    expect(await verify(settingOf(recording), trust(whole(recording.keys.cosign)))).toMatchObject(proven);
  });
  test("the recording is of the image that it names", () => {
    expect(digestOf(recording.manifests[recording.digest] ?? "")).toBe(recording.digest);
    expect(Object.keys(recording.keys).length).toBeGreaterThanOrEqual(2);
  });
});

describe.skipIf(live === undefined)("cosign on this machine", () => {
  test("what it signs now is accepted, and refused for another key or image", async () => {
    const recording = await signWithCosign(live ?? "", "on PATH");
    expect(await outcomes(recording)).toEqual(expectedOf(recording));
    expect(await verify(settingOf(recording), trust(whole(recording.keys.cosign)))).toMatchObject(proven);
  });
});

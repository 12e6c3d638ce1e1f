/** The whole way over HTTP: cosign's own signatures in an imitated registry, read by the product's registry client. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../../rehearsal/faults/faults.ts";
import { type Registry, startRegistry } from "../../rehearsal/registry/server.ts";
import { RepositoryArtifacts } from "../../src/registry/artifacts.ts";
import { Registries } from "../../src/registry/registries.ts";
import { asFailure } from "../../src/release/failure.ts";
import type { Release } from "../../src/release/release.ts";
import { type Trust, verifyRelease } from "../../src/trust/verifyRelease.ts";
import type { CosignRecording } from "./cosign.ts";
import { commit, now, trust } from "./setting.ts";
import { keyPair } from "./signing.ts";

const name = "example/shop/api";

function recorded(version: string): CosignRecording {
  const file = join(import.meta.dirname, "recorded", `cosign-${version}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as CosignRecording;
}

async function start(recording: CosignRecording) {
  const faults = new Faults();
  const registry = await startRegistry({ faults });
  onTestFinished(() => registry.close());
  for (const blob of Object.values(recording.blobs))
    registry.store.putBlob(name, Buffer.from(blob, "base64"));
  for (const text of Object.values(recording.manifests)) {
    const { mediaType } = JSON.parse(text) as { mediaType: string };
    registry.store.putManifest(name, { mediaType, bytes: Buffer.from(text) });
  }
  for (const [tag, digest] of Object.entries(recording.tags)) registry.store.open(name).tags.set(tag, digest);
  const release: Release = {
    version: "1.6.1",
    commit,
    createdAt: "2026-02-28T10:00:00Z",
    images: { api: `${registry.host}/${name}@${recording.digest}` },
  };
  return { registry, faults, release };
}

function verify(registry: Registry, release: Release, measured: Trust) {
  const registries = new Registries({ environment: {} });
  const source = new RepositoryArtifacts(registries.repository(registry.host, name));
  return verifyRelease(release, () => source, measured, now).catch((thrown: unknown) => asFailure(thrown));
}

describe.each(["2.5.0", "3.1.1"])("what cosign %s attached, in a registry", (version) => {
  const recording = recorded(version);
  const measured = trust({
    signatures: { keys: [recording.keys.cosign] },
    provenance: { repository: "https://github.com/example/shop", workflow: ".github/workflows/release.yml" },
    security: {},
  });

  test("verifies", async () => {
    const { registry, release } = await start(recording);
    expect(await verify(registry, release, measured)).toMatchObject({
      verified: true,
      services: { api: { provenance: { commit }, security: { reports: 1 } } },
    });
    expect(registry.requests.unknown()).toEqual([]);
  });

  test("does not verify for another key, nor once its tags are gone", async () => {
    const { registry, release } = await start(recording);
    const stranger = trust({ signatures: { keys: [keyPair().pem] } });
    expect(await verify(registry, release, stranger)).toMatchObject({ code: "InvalidSignature" });
    for (const tag of Object.keys(recording.tags)) registry.store.open(name).tags.delete(tag);
    expect(await verify(registry, release, measured)).toMatchObject({ code: "InvalidSignature" });
  });

  test("a lying registry is found out, a silent one is no verdict", async () => {
    const { registry, faults, release } = await start(recording);
    const lie = { kind: "lie", patch: { annotations: { x: "y" } } } as const;
    faults.add({
      part: "registry",
      match: `GET .*/manifests/${recording.digest}`,
      action: lie,
    });
    expect(await verify(registry, release, measured)).toMatchObject({ code: "ImageCorrupted" });
    faults.clear();
    faults.add({ part: "registry", match: "GET", action: { kind: "status", status: 503 }, times: "always" });
    expect(await verify(registry, release, measured)).toMatchObject({ code: "RegistryUnavailable" });
  });
});

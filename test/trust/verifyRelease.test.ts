import { describe, expect, test } from "vitest";
import { Failure } from "../../src/release/failure.ts";
import type { ArtifactSource } from "../../src/trust/source.ts";
import { isVerifiedRelease, verifyRelease } from "../../src/trust/verifyRelease.ts";
import { digestOf, MemoryRepository } from "./repository.ts";
import { imageWith, now, releaseOf, setting, trust, verify } from "./setting.ts";
import { addSignature, keyPair } from "./signing.ts";

const key = keyPair();
const policy = trust({ signatures: { keys: [key.pem] }, security: { required: true } });

/** Services by what is wrong with them. */
async function shop(faults: Record<string, "metadata" | "signature" | "security" | "missing">) {
  const repositories = new Map<string, MemoryRepository>();
  const digests: Record<string, string> = {};
  for (const [service, fault] of Object.entries(faults)) {
    const repository = new MemoryRepository();
    const image = await imageWith(
      fault === "metadata" ? { "org.opencontainers.image.source": undefined } : {},
      service,
    );
    digests[service] = fault === "missing" ? digestOf(service) : repository.pushImage(image);
    if (fault === "security") addSignature(repository, digests[service], key);
    repositories.set(service, repository);
  }
  const sourceOf = (service: string): ArtifactSource => repositories.get(service) ?? new MemoryRepository();
  return verifyRelease(releaseOf(digests), sourceOf, policy, now).then(
    () => ({ code: "verified", message: "" }),
    (failure: Failure) => ({ code: failure.code, message: failure.message }),
  );
}

describe("a release", () => {
  test("the first check that fails is reported, for the first service; the others are named", async () => {
    const { code, message } = await shop({
      worker: "metadata",
      api: "security",
      docs: "signature",
      web: "metadata",
    });
    expect(code).toBe("InvalidMetadata");
    const lines = message.split("\n");
    expect(lines.map((l) => /^(?: {2}also (\w+): )?(\w+) \(/.exec(l)?.slice(1))).toEqual([
      [undefined, "web"],
      ["InvalidMetadata", "worker"],
      ["InvalidSignature", "docs"],
      ["SecurityBlocked", "api"],
    ]);
  });

  test.each([
    ["an image that is not there", { api: "missing" }, "ImageMissing"],
    ["a signature before a report", { api: "security", web: "signature" }, "InvalidSignature"],
  ] as const)("%s", async (_, faults, code) => {
    expect(await shop(faults)).toMatchObject({ code });
  });

  test("without a policy nothing is checked, nothing read, and the result says so", async () => {
    const { release } = setting();
    const result = await verifyRelease(
      release,
      () => {
        throw new TypeError("nothing is to be read");
      },
      undefined,
      now,
    );
    expect(result).toMatchObject({
      verified: false,
      reason: expect.stringContaining("no liftlock:trust"),
      checks: { metadata: "off", signature: "off", provenance: "off", security: "off" },
      services: { api: { signer: undefined } },
    });
    expect(isVerifiedRelease(result)).toBe(false);
  });

  test("a verified release is known as such, cannot be changed, and a copy of it is none", async () => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    const signed = trust({ signatures: { keys: [key.pem] } });
    const result = await verify(from, signed);
    expect(isVerifiedRelease(result)).toBe(true);
    expect(isVerifiedRelease({ ...result })).toBe(false);
    expect(() => Object.assign(result.release.images, { api: "another" })).toThrow(TypeError);
    expect(() => Object.assign(result.services.api ?? {}, { signer: undefined })).toThrow(TypeError);
    // What was given is not what is kept: the caller may go on with its own.
    expect(Object.isFrozen(from.release)).toBe(false);
  });

  test("one unsigned image of several makes the release unverified where signatures are optional", async () => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    const web = from.repository.pushImage(await imageWith({}, "web"));
    const release = releaseOf({ api: from.digest, web });
    const optional = trust({ signatures: { required: false, keys: [key.pem] } });
    expect(await verify({ ...from, release }, optional)).toMatchObject({ verified: false });
  });

  test("a registry that does not answer is no verdict on the image", async () => {
    const from = setting();
    addSignature(from.repository, from.digest, key);
    const down = new Failure({ code: "RegistryUnavailable", message: "answered 503" });
    const signed = trust({ signatures: { keys: [key.pem] } });
    for (const method of ["manifest", "blob", "referrers"] as const) {
      const source: ArtifactSource = Object.assign(Object.create(from.repository) as MemoryRepository, {
        [method]: () => Promise.reject(down),
      });
      const alone = trust({ metadata: "off", signatures: { keys: [key.pem] } });
      for (const measured of [signed, alone])
        await expect(verifyRelease(from.release, () => source, measured, now)).rejects.toBe(down);
      // Nor is it put behind what is wrong with another image.
      const release = releaseOf({ aaa: digestOf("missing"), api: from.digest });
      const sourceOf = (service: string) => (service === "api" ? source : new MemoryRepository());
      await expect(verifyRelease(release, sourceOf, signed, now)).rejects.toBe(down);
    }
  });

  test("a registry that never answers ends with the time", async () => {
    const from = setting();
    const source: ArtifactSource = Object.assign(Object.create(from.repository) as MemoryRepository, {
      manifest: () => new Promise(() => {}),
    });
    await expect(verifyRelease(from.release, () => source, trust({}), now, 20)).rejects.toMatchObject({
      code: "DeadlineExceeded",
    });
  });
});

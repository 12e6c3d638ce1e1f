import { describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { pushRelease } from "../../../rehearsal/images/push.ts";
import { PushFailed } from "../../../rehearsal/images/push-client.ts";
import { shopRelease } from "../../../rehearsal/images/shop.ts";
import { startRegistry } from "../../../rehearsal/registry/server.ts";
import { attachmentTo } from "../../../rehearsal/signing/attachment.ts";
import { newSigningKey } from "../../../rehearsal/signing/key.ts";
import { signImage } from "../../../rehearsal/signing/signature.ts";

const credentials = { username: "octocat", password: "ghp_secret" };
const about = { version: "1.4.0", commit: "c".repeat(40), createdAt: "2026-01-02T03:04:05Z" };

async function start(auth?: typeof credentials) {
  const faults = new Faults();
  const registry = await startRegistry({ faults, auth });
  onTestFinished(() => registry.close());
  return { registry, faults };
}

describe("pushRelease", () => {
  test("puts every image under its digest and its version", async () => {
    const { registry } = await start(credentials);
    const release = await shopRelease(about);
    const references = await pushRelease(registry.url, credentials, "example/shop", release);
    expect(Object.keys(references)).toEqual(Object.keys(release));
    for (const [service, { manifestDigest, manifest }] of Object.entries(release)) {
      expect(references[service]).toBe(`${registry.host}/example/shop/${service}@${manifestDigest}`);
      for (const reference of ["1.4.0", manifestDigest]) {
        const kept = registry.store.manifest(`example/shop/${service}`, reference);
        expect(kept?.bytes.equals(manifest)).toBe(true);
      }
    }
    expect(registry.requests.unknown()).toEqual([]);
  });

  test("sends nothing that is there already", async () => {
    const { registry } = await start();
    const { api } = await shopRelease(about);
    await pushRelease(registry.url, undefined, "example/shop", { api });
    expect(registry.requests.count(/^POST .*uploads/)).toBe(3);
    registry.requests.clear();
    await pushRelease(registry.url, undefined, "example/shop", { api });
    expect(registry.requests.count(/^POST /)).toBe(0);
    expect(registry.requests.count(/^HEAD .*blobs/)).toBe(3);
  });

  test("takes along what is attached to an image, each under its tag", async () => {
    const { registry } = await start(credentials);
    const { api } = await shopRelease(about);
    const key = newSigningKey();
    const names: string[] = [];
    await pushRelease(registry.url, credentials, "example/shop", { api }, (service, image, name) => {
      names.push(`${service} ${name}`);
      return [attachmentTo(image.manifestDigest, "sig", [signImage(image.manifestDigest, name, key)])];
    });
    expect(names).toEqual([`api ${registry.host}/example/shop/api`]);
    const tag = `${api.manifestDigest.replace(":", "-")}.sig`;
    const { tags } = registry.store.open("example/shop/api");
    expect([...tags.keys()]).toEqual(["1.4.0", tag]);
    expect(tags.get(tag)).not.toBe(api.manifestDigest);
  });

  test.each([
    ["no credentials", undefined, 401],
    ["wrong ones", { username: "octocat", password: "guess" }, 403],
  ])("fails with %s", async (_, given, status) => {
    const { registry } = await start(credentials);
    const pushed = pushRelease(registry.url, given, "example/shop", await shopRelease(about));
    await expect(pushed).rejects.toMatchObject({ name: "PushFailed", status });
    await expect(pushed).rejects.toBeInstanceOf(PushFailed);
    expect(registry.store.repositories.size).toBe(0);
  });

  test("fails when the registry does", async () => {
    const { registry, faults } = await start();
    faults.add({ part: "registry", match: "PUT .*/manifests/", action: { kind: "status", status: 500 } });
    const { api } = await shopRelease(about);
    await expect(pushRelease(registry.url, undefined, "p", { api })).rejects.toMatchObject({ status: 500 });
  });
});

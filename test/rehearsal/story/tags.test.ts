import { describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { buildImage } from "../../../rehearsal/images/image.ts";
import { startRegistry } from "../../../rehearsal/registry/server.ts";
import { testifyTag } from "../../../rehearsal/story/tags.ts";

const auth = { username: "octocat", password: "ghp_secret" };

const image = (service: string, version: string) =>
  buildImage({
    behaviour: { service, version },
    labels: { "org.opencontainers.image.version": version },
  });

async function start() {
  const registry = await startRegistry({ faults: new Faults(), auth });
  onTestFinished(() => registry.close());
  const push = async (service: string, version: string, tags: string[]) =>
    `${registry.host}/shop/${service}@${registry.push(`shop/${service}`, await image(service, version), tags)}`;
  return { push, world: { registry: { url: registry.url, ...auth } } };
}

describe("a tag over the images of a release", () => {
  test("that points to all pinned digests", async () => {
    const { push, world } = await start();
    const images = { api: await push("api", "1.0.0", ["main"]), web: await push("web", "1.0.0", ["main"]) };
    expect(await testifyTag(world, "main", images)).toEqual({ tag: "main", version: "1.0.0", pinned: true });
  });

  test("that is left at another release in one of them, or missing", async () => {
    const { push, world } = await start();
    const images = { api: await push("api", "1.0.0", ["main"]), web: await push("web", "1.0.0", []) };
    expect(await testifyTag(world, "main", images)).toMatchObject({
      version: "1.0.0 and nothing",
      pinned: false,
    });
    await push("web", "1.1.0", ["main"]);
    expect(await testifyTag(world, "main", images)).toMatchObject({
      version: "1.0.0 and 1.1.0",
      pinned: false,
    });
  });

  test("that has the right version's label on another image", async () => {
    const { push, world } = await start();
    const api = await push("api", "1.0.0", []);
    const other = await push("api", "1.0.0-other", []);
    expect(await testifyTag(world, "latest", { api })).toMatchObject({ version: "nothing", pinned: false });
    expect(other).not.toBe(api);
    expect(await testifyTag(world, "latest", {})).toMatchObject({ pinned: false });
  });
});

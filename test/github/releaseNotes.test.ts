import { describe, expect, test } from "vitest";
import { releaseNotes } from "../../src/github/releaseNotes.ts";
import { repository, type Scene, scene } from "./scene.ts";

/** A repository with these releases, oldest first. */
async function released(...tags: readonly string[]): Promise<Scene> {
  const scenery = await scene();
  for (const tag of tags) {
    const body = { tag_name: tag, name: tag, body: `what is new in ${tag}` };
    expect((await scenery.ask("POST", "/repos/example/shop/releases", body)).status).toBe(201);
  }
  return scenery;
}

describe("notes of what comes", () => {
  test.each([
    ["1.0.0", "1.2.0", ["1.2.0", "1.1.0"]],
    ["1.1.0", "1.2.0", ["1.2.0"]],
    ["1.0.0", "1.1.0", ["1.1.0"]],
    // An older one comes: nothing of it is new.
    ["1.2.0", "1.0.0", []],
    ["1.0.0", "9.9.9", []],
    // Where the one before is not known, only the one that comes is told of.
    ["0.1.0", "1.2.0", ["1.2.0"]],
  ])("after %s up to %s: %j", async (after, upTo, expected) => {
    const { github } = await released("v1.0.0", "v1.1.0", "v1.2.0");
    const found = await releaseNotes(github, repository, after, upTo);
    expect(found.map(({ version }) => version)).toEqual(expected);
    for (const { version, text } of found) expect(text).toBe(`what is new in v${version}`);
  });
});

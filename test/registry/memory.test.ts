import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { copyRelease } from "../../src/registry/copy.ts";
import { mappingOf } from "../../src/registry/mapping.ts";
import { Registries } from "../../src/registry/registries.ts";
import { nowhere, releaseOf } from "./scene.ts";

const mebibyte = 1024 * 1024;
const layer = 256 * mebibyte;

interface Place {
  source: string;
  target: string;
  repository: string;
  digest: string;
}

async function twoRegistries(): Promise<Place> {
  const script = fileURLToPath(new URL("./twoRegistries.ts", import.meta.url));
  const child = spawn(process.execPath, [script, String(layer)], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.stdin.end());
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Place;
  throw new TypeError("the registries did not start");
}

test("a layer that is streamed is never in memory as a whole", async () => {
  const { source, target, repository, digest } = await twoRegistries();
  const release = releaseOf("1.0.0", { api: `${source}/${repository}@${digest}` });
  const mapping = mappingOf({
    from: `${source}/{owner}/{app}-staging/{service}`,
    to: `${target}/{owner}/{app}/{service}`,
  });
  const outside = () => {
    const { external, arrayBuffers, heapUsed } = process.memoryUsage();
    return Math.max(external, arrayBuffers) + heapUsed;
  };
  const before = outside();
  let most = 0;
  const sampling = setInterval(() => {
    most = Math.max(most, outside() - before);
  }, 2);
  const registries = new Registries({ environment: nowhere });
  const { images } = await copyRelease(release, mapping, { registries });
  clearInterval(sampling);
  expect(images.api?.streamedBytes).toBe(layer + 2);
  // What was read and not yet collected counts too: it stays well below the layer.
  expect(most).toBeLessThan(layer * 0.75);
});

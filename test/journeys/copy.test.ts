import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  badInProduction,
  builtByAnotherWorkflow,
  builtFrom,
  hasFinding,
  signatureOfAnother,
  signedByAnother,
  tooLarge,
  unsigned,
} from "../../rehearsal/images/faulty-releases.ts";
import type { ImageFaults, ShopFaults } from "../../rehearsal/images/shop.ts";
import { type Traffic, type TrafficKind, trafficOf } from "../../rehearsal/registry/traffic.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { digestsOf, type Release } from "../../src/release/release.ts";
import { Scene } from "./scene.ts";
import { actor, running } from "./stage.ts";

const scene = new Scene();

const inProduction = (service: string) => `example/shop/${service}`;
const inStaging = (service: string) => `example/shop-staging/${service}`;

/** What the registry has under a tag, by service. */
function tagged(tag: string, services: readonly string[]): Record<string, string | undefined> {
  const { store } = scene.world.registry;
  return Object.fromEntries(
    services.map((service) => [service, store.open(inProduction(service)).tags.get(tag)]),
  );
}

/** Blobs and manifests of an image and of what is attached to it, by its registry's own account. */
function partsOf(repository: string, digest: string) {
  const { store } = scene.world.registry;
  const blobsOf = (reference: string): string[] => {
    const manifest = store.manifest(repository, reference);
    const { config, layers } = JSON.parse(manifest?.bytes.toString() ?? "") as Record<
      "config" | "layers",
      { digest: string }[] & { digest: string }
    >;
    return [config.digest, ...layers.map((layer) => layer.digest)];
  };
  const tag = digest.replace(":", "-");
  return { own: blobsOf(digest), attached: { sig: blobsOf(`${tag}.sig`), att: blobsOf(`${tag}.att`) } };
}

/** A promotion, and what it asked of the registry, by the step that was under way. */
interface Observed {
  release: Release;
  result: PromotionResult;
  during: Map<string, Traffic[]>;
  /** What `main` and `latest` pointed to when the update began. */
  beforeUpdate: { main: Record<string, string | undefined>; latest: Record<string, string | undefined> };
}

async function observe(faults?: ShopFaults): Promise<Observed> {
  const release = await scene.release(faults);
  const services = Object.keys(release.images);
  const { requests } = scene.world.registry;
  requests.clear();
  const who = actor(scene.world);
  const { notify } = who.context;
  const during = new Map<string, Traffic[]>();
  let read = 0;
  let step = "before";
  let beforeUpdate: Observed["beforeUpdate"] = { main: {}, latest: {} };
  const close = (next: string) => {
    const all = requests.all();
    during.set(step, [...(during.get(step) ?? []), ...trafficOf(all.slice(read))]);
    [read, step] = [all.length, next];
  };
  who.context.notify = (message) => {
    notify(message);
    if (message.code === "promotion.finished") close("after");
    if (message.code !== "step.started") return;
    close(message.payload.step);
    if (message.payload.step === "deploy")
      beforeUpdate = { main: tagged("main", services), latest: tagged("latest", services) };
  };
  const result = await scene.promote(release, who);
  return { release, result, during, beforeUpdate };
}

/** True for what a host of production or staging asked. */
const byHost = ({ request }: Traffic): boolean =>
  scene.world.hosts.hosts.some((host) => host.droplet.address === request.from);

const kindsOf = (traffic: readonly Traffic[]): TrafficKind[] => traffic.map(({ kind }) => kind).toSorted();

const authenticates = ({ kind }: Traffic): boolean => kind === "authentication";

/** What concerns signatures and attestations, by the tags and blobs that the registry has of them. */
const isBeside = ({ repository, reference, request }: Traffic): boolean => {
  if (/\.(sig|att)$/.test(reference)) return true;
  const mounted = /mount=(sha256:[0-9a-f]{64})/.exec(decodeURIComponent(request.path))?.[1];
  const { tags } = scene.world.registry.store.open(repository);
  const images = [...tags.keys()].filter((tag) => tag.endsWith(".sig"));
  return images.some((tag) => {
    const { sig, att } = partsOf(repository, tag.replace("-", ":").replace(".sig", "")).attached;
    return mounted !== undefined && [...sig, ...att].includes(mounted);
  });
};

/** What the target has beside its images, and so whether this release was copied before: one list an image. */
const asksForTags = ({ kind }: Traffic): boolean => kind === "tags";

/** What the driver asked in the copy step, for one service, tokens left out. */
const copying = ({ during }: Observed, service: string): Traffic[] =>
  (during.get("copy") ?? []).filter(
    (traffic) =>
      !byHost(traffic) &&
      !authenticates(traffic) &&
      [inProduction(service), inStaging(service)].includes(traffic.repository),
  );

let first: Observed;
let second: Observed;
let tagsAfterFirst: Observed["beforeUpdate"];

beforeAll(async () => {
  // What blocks from "high" on lets a medium finding through.
  first = await observe({ docs: hasFinding("CVE-2026-1000", 5.3) });
  const services = Object.keys(first.release.images);
  tagsAfterFirst = { main: tagged("main", services), latest: tagged("latest", services) };
  scene.expectServing(first.release);
  second = await observe(badInProduction);
});

describe("a promotion into repositories of its own", () => {
  it("copies six images by mounting: no byte of a blob is sent, by anybody", () => {
    expect(first.result.status).toBe("Completed");
    const { store } = scene.world.registry;
    for (const [service, digest] of Object.entries(digestsOf(first.release))) {
      const copied = store.manifest(inProduction(service), digest);
      expect(copied?.bytes).toEqual(store.manifest(inStaging(service), digest)?.bytes);
    }
    for (const { during } of [first, second]) {
      const all = [...during.values()].flat();
      expect(all.filter(({ kind }) => kind === "upload")).toEqual([]);
      expect(all.filter(({ kind }) => kind === "mount").length).toBeGreaterThan(40);
    }
  });

  it("asks for each part of an image once: a blob, the manifest, and what stands beside the image", () => {
    for (const observed of [first, second])
      for (const [service, digest] of Object.entries(digestsOf(observed.release))) {
        const { own } = partsOf(inStaging(service), digest);
        const asked = copying(observed, service).filter((traffic) => !isBeside(traffic));
        // What was read to be verified is not read again.
        expect(asked.filter(({ repository }) => repository === inStaging(service))).toEqual([]);
        expect(asked.filter(asksForTags)).toHaveLength(1);
        const kinds = kindsOf(asked.filter((traffic) => !asksForTags(traffic)));
        expect(kinds).toEqual(["manifestPut", ...Array<TrafficKind>(own.length).fill("mount")]);
        // Four for two layers; web and docs have a third with their pages.
        expect(kinds.length).toBe(["web", "docs"].includes(service) ? 5 : 4);
      }
  });

  it("takes along what is attached: a request a blob, and one for each tag", () => {
    for (const observed of [first, second])
      for (const [service, digest] of Object.entries(digestsOf(observed.release))) {
        const { sig, att } = partsOf(inStaging(service), digest).attached;
        expect([sig.length, att.length]).toEqual([2, 3]);
        const asked = copying(observed, service).filter(isBeside);
        const mounts = Array<TrafficKind>(sig.length + att.length).fill("mount");
        expect(kindsOf(asked)).toEqual(["manifestPut", "manifestPut", ...mounts]);
        const { store } = scene.world.registry;
        for (const kind of ["sig", "att"]) {
          const tag = `${digest.replace(":", "-")}.${kind}`;
          const there = store.manifest(inProduction(service), tag)?.digest;
          expect(there).toBe(store.manifest(inStaging(service), tag)?.digest);
        }
      }
  });

  it("lets hosts fetch before the update, once: where the registry only mounts, under the new names", () => {
    const ahead = ["images", "preview", "approval", "copy"]
      .flatMap((step) => first.during.get(step) ?? [])
      .filter((traffic) => byHost(traffic) && !authenticates(traffic));
    const of = (place: (service: string) => string) => {
      const repositories = Object.keys(first.release.images).map(place);
      return kindsOf(ahead.filter(({ repository }) => repositories.includes(repository)));
    };
    expect(of(inStaging)).toEqual([]);
    expect(of(inProduction)).toContain("blob");
    // One an image and host.
    const manifests = of(inProduction).filter((kind) => kind === "manifest");
    expect(manifests).toEqual(Array<TrafficKind>(6 * 2).fill("manifest"));
  });

  it("pulls nothing in the update", () => {
    for (const { during } of [first, second]) {
      const asked = (during.get("deploy") ?? []).filter(byHost);
      expect(asked.filter((t) => !authenticates(t) && !/^manifest(Head)?$/.test(t.kind))).toEqual([]);
    }
    // The engine asks for each image once more, so that the list is not empty for want of a log.
    expect(kindsOf(first.during.get("deploy") ?? [])).toContain("manifestHead");
  });
});

describe("tags", () => {
  it("main, the version and, once it is verified, latest point to what runs", () => {
    const digests = digestsOf(first.release);
    expect(first.beforeUpdate.main).toEqual(digests);
    expect(first.beforeUpdate.latest).not.toEqual(digests);
    expect(tagsAfterFirst).toEqual({ main: digests, latest: digests });
    expect(tagged(first.release.version, Object.keys(digests))).toEqual(digests);
  });

  it("are back after a way back", () => {
    expect(second.result).toMatchObject({ status: "RolledBack", reason: { code: "StartFailed" } });
    const services = Object.keys(first.release.images);
    const good = digestsOf(first.release);
    expect(second.beforeUpdate).toEqual({ main: digestsOf(second.release), latest: good });
    expect({ main: tagged("main", services), latest: tagged("latest", services) }).toEqual({
      main: good,
      latest: good,
    });
    scene.expectServing(first.release);
  });
});

/** Everything that a refusal must leave as it is. */
function production(): unknown {
  const { workDirectory, directory, registry } = scene.world;
  return {
    file: readFileSync(join(workDirectory, "Pulumi.production.yaml"), "utf8"),
    runs: running(scene.world),
    updates: readdirSync(join(directory, "state", ".pulumi", "history", "liftlock", "production")).length,
    repositories: [...registry.store.repositories]
      .filter(([name]) => name.startsWith("example/shop/"))
      .map(([name, { manifests, tags }]) => [name, [...manifests.keys()], [...tags]]),
  };
}

describe("what cannot be trusted is refused, and nothing is touched", () => {
  it.each<[string, ImageFaults, string]>([
    ["is not signed", unsigned, "InvalidSignature"],
    ["is signed by another key", signedByAnother, "InvalidSignature"],
    ["has a signature of another image", signatureOfAnother, "InvalidSignature"],
    ["was built from another commit", builtFrom("9".repeat(40)), "InvalidMetadata"],
    ["was built by another workflow", builtByAnotherWorkflow, "InvalidProvenance"],
    ["has a high finding", hasFinding("CVE-2026-1234"), "SecurityBlocked"],
    ["is too large", tooLarge(), "ImageTooLarge"],
  ])("an image that %s", async (_, fault, code) => {
    const before = production();
    const result = await scene.lift(await scene.release({ web: fault }));
    expect(result).toMatchObject({
      status: "Failed",
      reason: { code },
      runs: { version: scene.serving.version },
    });
    expect(result.reason?.message).toContain("web");
    expect(production()).toEqual(before);
    scene.expectServing(scene.serving);
  });
});

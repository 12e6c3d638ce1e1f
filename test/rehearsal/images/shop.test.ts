import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { applies, type Behaviour, behaviourSchema } from "../../../rehearsal/images/behaviour.ts";
import {
  answersErrors,
  badInProduction,
  builtFrom,
  crashes,
  hangs,
  neverHealthy,
  slow,
  tooLarge,
  unsigned,
} from "../../../rehearsal/images/faulty-releases.ts";
import type { OciImage } from "../../../rehearsal/images/image.ts";
import { type ShopFaults, shopRelease } from "../../../rehearsal/images/shop.ts";
import { shopServices } from "../../../rehearsal/images/shop-behaviours.ts";
import { filesOf } from "./unpack.ts";

const about = { version: "1.4.0", commit: "c".repeat(40), createdAt: "2026-01-02T03:04:05Z" };
const release = (faults: ShopFaults = {}) => shopRelease({ ...about, faults });

async function behaviourOf(image: OciImage): Promise<Behaviour> {
  const file = (await filesOf(image)).get("app/service.json");
  return behaviourSchema.parse(JSON.parse(file?.content ?? ""));
}

const firstAnswer = (behaviour: Behaviour, path: string) =>
  behaviour.answers.find((rule) => rule.path === path);

describe("a release of the shop", () => {
  test("has an image for every service of the compose file", () => {
    const compose = parse(readFileSync(new URL("../../../app/compose.yaml", import.meta.url), "utf8"));
    expect(shopServices.toSorted()).toEqual(Object.keys(compose.services).toSorted());
  });

  test("has the same digests whenever it is built, and others for another version", async () => {
    const [one, again, next] = await Promise.all([
      release(),
      release(),
      shopRelease({ ...about, version: "1.4.1" }),
    ]);
    for (const service of shopServices) {
      expect(again[service].manifestDigest).toBe(one[service].manifestDigest);
      expect(next[service].manifestDigest).not.toBe(one[service].manifestDigest);
    }
  });

  test("shares its base layer, also with the next one", async () => {
    const images = [
      ...Object.values(await release()),
      ...Object.values(await shopRelease({ ...about, version: "2" })),
    ];
    expect(new Set(images.map(({ layers }) => layers[0]?.digest)).size).toBe(1);
  });

  test("says what it was built from", async () => {
    const { web } = await release();
    expect(web.labels).toEqual({
      "org.opencontainers.image.source": "https://github.com/example/shop",
      "org.opencontainers.image.revision": about.commit,
      "org.opencontainers.image.version": "1.4.0",
      "org.opencontainers.image.created": about.createdAt,
      "org.opencontainers.image.title": "shop web",
    });
    expect((await filesOf(web)).get("app/www/index.html")?.content).toContain("Shop 1.4.0");
  });

  test.each(["api", "scheduler", "ai-planner", "web", "docs"] as const)(
    "%s tells health and version",
    async (name) => {
      const behaviour = await behaviourOf((await release())[name]);
      expect(behaviour.listen).toBe(8080);
      expect(firstAnswer(behaviour, "/healthz")?.status).toBe(200);
      expect(JSON.parse(firstAnswer(behaviour, "/version")?.body ?? "")).toEqual({
        service: name,
        version: "1.4.0",
      });
    },
  );

  test("the web hands on to services that listen", async () => {
    const built = await release();
    const { proxy } = await behaviourOf(built.web);
    expect(Object.keys(proxy)).toEqual(["/api/", "/docs/", "/planner/"]);
    for (const target of Object.values(proxy)) {
      const [name, port] = target.split(":");
      const service = shopServices.find((one) => one === name);
      expect(service && (await behaviourOf(built[service])).listen).toBe(Number(port));
    }
  });

  test("the migrator is a job that ends well", async () => {
    const { exit, listen } = await behaviourOf((await release()).migrator);
    expect(exit).toEqual({ code: 0, afterMilliseconds: 50, log: ["migrated to 1.4.0"] });
    expect(listen).toBeUndefined();
  });
});

describe("a faulty release", () => {
  test("changes the digest of the faulty service alone", async () => {
    const [good, bad] = await Promise.all([release(), release(badInProduction)]);
    const changed = shopServices.filter((name) => good[name].manifestDigest !== bad[name].manifestDigest);
    expect(changed).toEqual(["api"]);
  });

  test("bad in production: ends where payments are live, and only there", async () => {
    const { exit } = await behaviourOf((await release(badInProduction)).api);
    expect(exit).toMatchObject({
      code: 1,
      afterMilliseconds: 150,
      log: ["Error: STRIPE_LIVE_KEY is not set", "    at connect (payments.js:41)"],
    });
    expect(applies(exit?.when, { PAYMENT_MODE: "live" })).toBe(true);
    expect(applies(exit?.when, { PAYMENT_MODE: "test" })).toBe(false);
  });

  const where = { environment: { APP_ENV: "production" } };
  test.each([
    ["never healthy", neverHealthy(where), { path: "/healthz", status: 503, when: where }],
    ["hangs", hangs(), { path: "/healthz", delayMilliseconds: -1 }],
    ["slow", slow("/", 900), { path: "/", status: 200, delayMilliseconds: 900 }],
    ["answers 500", answersErrors("/version", 500, 3), { path: "/version", status: 500, fromRequest: 3 }],
  ])("%s: its answer comes before the usual one", async (_, fault, expected) => {
    const behaviour = await behaviourOf((await release({ docs: fault })).docs);
    expect(firstAnswer(behaviour, expected.path)).toMatchObject(expected);
    expect(behaviour.answers.filter(({ path }) => path === expected.path)).toHaveLength(2);
  });

  test("built from another commit, or declared larger than it is: labels and manifest say so", async () => {
    const revision = "9".repeat(40);
    const { web, docs } = await release({ web: builtFrom(revision), docs: tooLarge(3_000_000_000) });
    expect(web.labels["org.opencontainers.image.revision"]).toBe(revision);
    const { layers } = JSON.parse(docs.manifest.toString()) as { layers: { size: number }[] };
    expect(layers.at(-1)?.size).toBe(3_000_000_000);
    expect(layers[0]?.size).toBe(docs.layers[0]?.size);
    expect(docs.layers.at(-1)?.bytes.length).toBeLessThan(10_000);
  });

  test("what is signed of an image does not change its digest", async () => {
    const [good, bad] = await Promise.all([release(), release({ web: unsigned })]);
    expect(bad.web.manifestDigest).toBe(good.web.manifestDigest);
  });

  test("crashes everywhere when no condition is given", async () => {
    const { exit } = await behaviourOf((await release({ web: crashes(["no"]) })).web);
    expect(exit).toEqual({ code: 1, afterMilliseconds: 150, log: ["no"] });
  });
});

import { describe, expect, it } from "vitest";
import {
  answersErrors,
  badInProduction,
  neverHealthy,
  slow,
} from "../../rehearsal/images/faulty-releases.ts";
import type { ShopFaults } from "../../rehearsal/images/shop.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { Scene } from "./scene.ts";
import { actor, liftlock } from "./stage.ts";
import {
  configure,
  liftWhileAsked,
  present,
  servingContainers,
  setStrategy,
  trafficOn,
} from "./strategies.ts";

const scene = new Scene(3, { strategy: { type: "blueGreen" }, environments: ["production"] });
const patience = 600_000;

const blueGreen = { type: "blueGreen" };
const rolling = { type: "rolling", batch: 25, pause: 1 };
const canary = (analysis: object = {}) => ({
  type: "canary",
  steps: [
    { traffic: 20, pause: 2 },
    { traffic: 50, pause: 2 },
  ],
  analysis: { requests: 5, patience: 20, ...analysis },
});

const liftUnderTraffic = (faults?: ShopFaults, path?: string) => liftWhileAsked(scene, faults, path);

const updates = async (count: number) => {
  const ran = await liftlock(scene.world, ["history", "production", "-n", String(count)]);
  const { updates } = present(ran.events.at(-1)) as unknown as { updates: { message: string }[] };
  return updates.map(({ message }) => message);
};

describe("blue/green", () => {
  it(
    "drops no request, and the way back starts no container",
    async () => {
      const before = scene.serving;
      const warm = servingContainers(scene.world);
      const { release, result, seen } = await liftUnderTraffic();
      expect(result.status).toBe("Completed");
      expect(seen.dropped).toEqual([]);
      expect(seen.versions).toEqual([before.version, release.version]);
      scene.expectServing(release);
      const traffic = trafficOn(scene.world);
      const back = await rollback(actor(scene.world).context, { environment: "production" });
      const after = await traffic.stop();
      expect(back.status).toBe("RolledBack");
      expect(after.dropped).toEqual([]);
      scene.expectServing(before);
      expect(servingContainers(scene.world).sort()).toEqual(warm.sort());
    },
    patience,
  );

  it.each<[string, ShopFaults, string]>([
    ["crashes", badInProduction, "StartFailed"],
    ["is never healthy", { docs: neverHealthy() }, "Unhealthy"],
    ["fails its smoke test", { api: answersErrors("/version") }, "SmokeFailed"],
  ])(
    "of a release that %s nobody sees anything",
    async (_, faults, code) => {
      const before = scene.serving;
      const { result, seen } = await liftUnderTraffic(faults);
      scene.expectRolledBack(result, code, before);
      expect(seen.dropped).toEqual([]);
      expect(seen.versions).toEqual([before.version]);
    },
    patience,
  );

  it(
    "goes back where an edge refuses its configuration",
    async () => {
      const before = scene.serving;
      configure(scene.world, (config) => {
        config["liftlock:edge"] = { ...config["liftlock:edge"], drain: 3 };
      });
      const fault = {
        part: "host",
        match: " haproxy ",
        action: { kind: "status", status: 1 },
        times: 3,
      } as const;
      scene.world.faults.add(fault);
      const { result, seen } = await liftUnderTraffic();
      expect(scene.world.faults.history.some(({ subject }) => / haproxy /.test(subject))).toBe(true);
      scene.expectRolledBack(result, "EdgeInvalid", before);
      expect(seen.dropped).toEqual([]);
    },
    patience,
  );
});

describe("rolling", () => {
  it(
    "goes host by host, and history has each wave",
    async () => {
      setStrategy(scene.world, rolling);
      const { release, result, seen } = await liftUnderTraffic();
      expect(result.status).toBe("Completed");
      expect(seen.dropped).toEqual([]);
      scene.expectServing(release);
      const [third, second, first] = await updates(3);
      expect(first).toContain("33 % of the hosts");
      expect(second).toContain("66 % of the hosts");
      expect(third).toContain(release.version);
      expect(third).not.toContain("%");
    },
    patience,
  );

  it(
    "takes every host back when a later wave fails",
    async () => {
      setStrategy(scene.world, rolling);
      const before = scene.serving;
      // The third host's smoke test, and no other's.
      const match = "^shop-production-3 curl ";
      scene.world.faults.add({ part: "host", match, action: { kind: "lie", text: "500" } });
      const { result, seen } = await liftUnderTraffic();
      scene.expectRolledBack(result, "SmokeFailed", before);
      expect(seen.dropped).toEqual([]);
      expect(seen.versions.length).toBe(2);
    },
    patience,
  );

  it(
    "is resumed after its driver was killed between two waves",
    async () => {
      setStrategy(scene.world, rolling);
      const { dropped, before } = await resumedAfterKill("watch");
      expect(dropped).toEqual([]);
      scene.expectServing(before);
    },
    patience,
  );
});

/** A driver that is killed when a step begins; another one brings production to rest, and nobody notices. */
async function resumedAfterKill(step: string) {
  const before = scene.serving;
  const next = await scene.release();
  const traffic = trafficOn(scene.world);
  const ran = await liftlock(scene.world, ["deploy", "production", "--release", "-"], {
    stdin: JSON.stringify(next),
    onEvent: (event, kill) => {
      if (event.event === "step.started" && event["step"] === step) kill("SIGKILL");
    },
  });
  expect(ran.signal).toBe("SIGKILL");
  const resumed = await liftlock(scene.world, ["resume", "production"]);
  expect(resumed.events.at(-1)).toMatchObject({ event: "promotion.finished", status: "RolledBack" });
  return { ...(await traffic.stop()), before };
}

describe("canary", () => {
  it(
    "moves the requests step by step, each one measured",
    async () => {
      // Times on a machine that does much else say little.
      setStrategy(scene.world, canary({ fast: 5_000 }));
      const before = scene.serving;
      const { release, result, seen, steps } = await liftUnderTraffic(undefined, "/planner/version");
      expect(result.reason).toBeUndefined();
      expect(result.status).toBe("Completed");
      expect(seen.dropped).toEqual([]);
      expect(seen.versions.sort()).toEqual([before.version, release.version].sort());
      const watched = steps.filter(({ step }) => step === "watch");
      expect(watched.map(({ detail }) => /(\d+) requests, /.exec(detail)?.[1])).toEqual([
        expect.stringMatching(/\d/),
        expect.stringMatching(/\d/),
      ]);
      scene.expectServing(release);
      const messages = (await updates(3)).join("\n");
      expect(messages).toContain("20 % of the requests");
      expect(messages).toContain("50 % of the requests");
    },
    patience,
  );

  it.each<[string, ShopFaults]>([
    ["answers errors", { "ai-planner": answersErrors("/version") }],
    ["is slower", { "ai-planner": slow("/version", 500) }],
  ])(
    "that %s goes back, and only its share has seen it",
    async (_, faults) => {
      setStrategy(scene.world, canary());
      const before = scene.serving;
      const { result, seen } = await liftUnderTraffic(faults, "/planner/version");
      scene.expectRolledBack(result, "AnalysisFailed", before);
      expect(seen.dropped.every(({ outcome }) => outcome === 500)).toBe(true);
      expect(seen.dropped.length).toBeLessThan(seen.asked / 2);
    },
    patience,
  );

  it(
    "that nobody asks is not judged: it goes back",
    async () => {
      setStrategy(scene.world, canary({ requests: 100_000, patience: 1 }));
      const before = scene.serving;
      const result = await scene.lift(await scene.release());
      scene.expectRolledBack(result, "AnalysisInconclusive", before);
    },
    patience,
  );

  it(
    "is resumed after its driver was killed in the middle of a step",
    async () => {
      setStrategy(scene.world, canary());
      const { dropped, before } = await resumedAfterKill("watch");
      expect(dropped).toEqual([]);
      scene.expectServing(before);
      setStrategy(scene.world, blueGreen);
    },
    patience,
  );
});

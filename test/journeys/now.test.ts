import { describe, expect, it } from "vitest";
import { answersErrors } from "../../rehearsal/images/faulty-releases.ts";
import { drift } from "../../src/automation/drift.ts";
import type { Release } from "../../src/release/release.ts";
import { Scene } from "./scene.ts";
import { actor, configuration, liftlock, type Ran, servingSlot } from "./stage.ts";
import { hostNumber, productionHosts } from "./strategies.ts";
import { ask } from "./traffic.ts";

const scene = new Scene(2, { strategy: { type: "blueGreen" }, environments: ["production"] });

const now = (args: readonly string[] = [], onEvent?: Parameters<typeof liftlock>[2]) =>
  liftlock(scene.world, ["rollback", "production", "--now", "--reason", "wrong prices", ...args], onEvent);

const hosts = () => productionHosts(scene.world);

/** What the edge of each host answers. */
const answering = () =>
  Promise.all(
    hosts().map(async ({ droplet }) => (await ask(`http://${droplet.address}:8080/api/version`)).version),
  );

const schedulers = () =>
  hosts().map(
    ({ engine }) =>
      engine
        .containers()
        .filter(
          ({ status, spec }) =>
            status === "running" && spec.labels["com.docker.compose.service"] === "scheduler",
        ).length,
  );

const eventOf = (ran: Ran, name: string) => ran.events.find(({ event }) => event === name);

/** A release that came, and whose answers are not what they should be: nothing but a person sees it. */
async function lifted(): Promise<{ before: Release; bad: Release }> {
  const before = scene.serving;
  const bad = await scene.release({ docs: answersErrors("/prices") });
  expect((await scene.lift(bad)).status).toBe("Completed");
  scene.expectServing(bad);
  return { before, bad };
}

describe("rollback --now", () => {
  it("gives traffic back on every host before the engine is started, then brings the stack in line", async () => {
    const { before, bad } = await lifted();
    // As a deployment leaves the other slot's checks when it is killed while it replaces what is there.
    const [first] = hosts();
    const left = first && servingSlot(first) === "blue" ? "green" : "blue";
    const told = await first?.edge?.socket("/run/liftlock-edge/admin.sock")?.(
      `set server web/${left} health down; disable health web/${left}\n`,
    );
    expect(told?.trim()).toBe("");
    let during: Promise<(string | undefined)[]> | undefined;
    let running: number[] = [];
    const ran = await now([], {
      onEvent: ({ event }) => {
        if (event !== "rollback.switched") return;
        during = answering();
        running = schedulers();
      },
    });
    expect(await during).toEqual([before.version, before.version]);
    // One of its kind at a time, also while nothing but the traffic has gone back.
    expect(running).toEqual([1, 1]);
    const names = ran.events.map(({ event }) => event);
    expect(names.indexOf("rollback.switched")).toBeGreaterThanOrEqual(0);
    expect(names.indexOf("rollback.switched")).toBeLessThan(names.indexOf("engine.chosen"));
    expect(eventOf(ran, "rollback.switched")).toMatchObject({
      release: { version: before.version },
      hosts: [{ back: true }, { back: true }],
    });
    expect(ran.exit).toBe(0);
    expect(ran.events.at(-1)).toMatchObject({ event: "promotion.finished", status: "RolledBack" });
    scene.expectServing(before);
    const entries = await (await actor(scene.world).context.ledger()).read("production");
    const note = entries.find((e) => e.entry === "note" && e.text.includes(before.version));
    expect(note).toMatchObject({ text: expect.stringContaining("wrong prices") });

    // Typed once more in a hurry, it does not bring the bad release back.
    const again = await now();
    expect(again.exit).toBe(2);
    expect(again.events.at(-1)).toMatchObject({ event: "failed", code: "UsageInvalid" });
    expect(again.stderr).toContain(`--to ${bad.version}`);
    scene.expectServing(before);
  }, 600_000);

  it("says where it could not, and why; what came back is put right by resume", async () => {
    const { before } = await lifted();
    const [first, second] = [hostNumber(scene.world, 1), hostNumber(scene.world, 2)];
    await scene.world.hosts.powerOff(second.droplet.id);
    const ran = await now();
    expect(eventOf(ran, "rollback.switched")).toMatchObject({
      hosts: [{ back: true }, { back: false, problem: expect.stringContaining("SSH") }],
    });
    expect(ran.events.at(-1)).toMatchObject({
      status: "Failed",
      backReason: { code: "RollbackIncomplete" },
    });
    expect((await ask(`http://${first.droplet.address}:8080/api/version`)).version).toBe(before.version);
    await scene.world.hosts.powerOn(second.droplet.id);
    const resumed = await liftlock(scene.world, ["resume", "production"]);
    expect(resumed.events.at(-1)).toMatchObject({ status: "RolledBack" });
    scene.expectServing(before);
    expect(await answering()).toEqual([before.version, before.version]);
  }, 600_000);

  it("starts a slot that was stopped; leaves one that holds another release, or is not healthy", async () => {
    const { before } = await lifted();
    const [first, second] = [hostNumber(scene.world, 1), hostNumber(scene.world, 2)];
    const left = (host: typeof first) => {
      const slot = servingSlot(host) === "blue" ? "green" : "blue";
      return host.engine
        .containers()
        .filter(({ spec }) => spec.labels["com.docker.compose.project"] === `shop-${slot}`);
    };
    await Promise.all(left(first).map((container) => container.stop(0)));
    for (const container of left(second)) second.engine.remove(container);
    const ran = await now();
    expect(eventOf(ran, "rollback.switched")).toMatchObject({
      hosts: [{ back: true }, { back: false, problem: expect.stringContaining("not healthy") }],
    });
    // The update that follows starts there what is missing.
    expect(ran.exit).toBe(0);
    scene.expectServing(before);
    const unknown = await now(["--to", "9.9.9"]);
    expect(eventOf(unknown, "rollback.switched")).toBeUndefined();
    expect(unknown.events.at(-1)).toMatchObject({ event: "failed", code: "NoRollbackTarget" });
  }, 600_000);

  it("is refused while another driver holds the environment, and says what to do", async () => {
    const { bad } = await lifted();
    const ledger = await actor(scene.world).context.ledger();
    {
      await using _lease = await ledger.acquire("production", { promotion: "held", actor: "octo-dev" });
      const ran = await now();
      expect(ran.exit).toBe(3);
      expect(ran.events.at(-1)).toMatchObject({ event: "failed", code: "PromotionInProgress" });
      expect(ran.events.at(-1)?.["hint"]).toEqual(expect.stringMatching(/\w/));
    }
    expect(await answering()).toEqual([bad.version, bad.version]);
    expect(configuration(scene.world.workDirectory)["liftlock:release"]).toMatchObject({
      version: bad.version,
    });
    expect((await drift(actor(scene.world).context, "production")).differences).toEqual([]);
  }, 600_000);
});

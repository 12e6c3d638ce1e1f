import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newSigningKey } from "../../rehearsal/signing/key.ts";
import { acceptDrift, correctDrift, drift } from "../../src/automation/drift.ts";
import { Scene } from "./scene.ts";
import { actor, liftlock, servingSlot } from "./stage.ts";
import { hostNumber, present, trafficOn } from "./strategies.ts";

const scene = new Scene(2, { strategy: { type: "blueGreen" }, environments: ["production"] });
const patience = 600_000;

const host = (number: number) => hostNumber(scene.world, number);

const labelled = (number: number, service: string) =>
  present(
    host(number)
      .engine.containers()
      .find(
        ({ status, spec }) => status === "running" && spec.labels["com.docker.compose.service"] === service,
      ),
  );

/** Somebody edits the compose file of the release that serves. */
function editCompose(number: number): void {
  const one = host(number);
  const slot = present(servingSlot(one));
  const file = join(one.home("liftlock"), "liftlock", "shop", "slots", slot, "compose.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8")}# by hand\n`);
}

/** Somebody gives the slot that does not serve a share of the requests. */
async function shiftByHand(number: number): Promise<void> {
  const one = host(number);
  const slot = present(servingSlot(one));
  await one.edge?.socket("/run/liftlock-edge/admin.sock")?.(`set server web/${slot} weight 60\n`);
}

/** Somebody starts something beside the application, in its project. */
async function startBeside(number: number): Promise<void> {
  const { spec } = labelled(number, "docs");
  const labels = { ...spec.labels, "com.docker.compose.service": "debugger" };
  await host(number)
    .engine.create({ ...spec, name: "debugger", labels })
    .start();
}

async function rename(number: number, name: string): Promise<void> {
  const { droplet } = host(number);
  const headers = {
    authorization: `Bearer ${scene.world.environment["DIGITALOCEAN_TOKEN"]}`,
    "content-type": "application/json",
  };
  const url = `${scene.world.digitalocean.url}/v2/droplets/${droplet.id}/actions`;
  await fetch(url, { method: "POST", headers, body: JSON.stringify({ type: "rename", name }) });
}

const notes = async () =>
  (await (await actor(scene.world).context.ledger()).read("production")).flatMap((entry) =>
    entry.entry === "note" ? [entry.text] : [],
  );

describe("drift", () => {
  it(
    "is found by resource, put right by one update, and looked for again",
    async () => {
      const { context } = actor(scene.world);
      expect((await drift(context, "production")).differences).toEqual([]);
      labelled(1, "api").kill();
      await startBeside(1);
      editCompose(2);
      await shiftByHand(2);
      await rename(2, "renamed");
      const found = await liftlock(scene.world, ["drift", "production"]);
      expect(found.exit).toBe(5);
      const { differences } = found.events.at(-1) as unknown as {
        differences: { where: string; what: string }[];
      };
      const seen = differences.map(({ where, what }) => `${where}: ${what}`).join("\n");
      for (const what of [
        /host: api (exited|has no container)/,
        /host: debugger is no service/,
        /host: compose\.yaml was changed/,
        /host: the edge gives \w+ 60 of web/,
        /cloud: differs: .*name/,
      ])
        expect(seen).toMatch(what);

      const traffic = trafficOn(scene.world, "/");
      const corrected = await liftlock(scene.world, [
        "drift",
        "production",
        "--correct",
        "--reason",
        "found by night",
      ]);
      expect((await traffic.stop()).dropped).toEqual([]);
      expect(corrected.exit).toBe(0);
      expect(corrected.events.at(-1)).toMatchObject({
        event: "drift",
        action: "corrected",
        differences: [],
        result: { status: "Completed", runs: { version: scene.serving.version } },
      });
      expect(
        (await notes()).some((text) => text.includes("found by night") && text.includes("debugger")),
      ).toBe(true);
      scene.expectServing(scene.serving);
    },
    patience,
  );

  it(
    "of the cloud is accepted with a reason; that of a host stays, and is said to",
    async () => {
      expect((await liftlock(scene.world, ["drift", "production", "--accept"])).exit).toBe(2);
      await rename(1, "by-hand");
      labelled(2, "docs").kill();
      const { context } = actor(scene.world);
      const settled = await acceptDrift(context, { environment: "production", reason: "moved house" });
      expect(settled.before.map(({ where }) => where).sort()).toEqual(["cloud", "host"]);
      expect(settled.differences.map(({ where }) => where)).toEqual(["host"]);
      expect((await notes()).some((text) => text.includes("accepted (moved house)"))).toBe(true);
      const corrected = await correctDrift(context, { environment: "production" });
      expect(corrected).toMatchObject({ differences: [], result: { status: "Completed" } });
    },
    patience,
  );

  it(
    "of what is trusted is found in the registry, and no update puts it right",
    async () => {
      // The key that signed what runs is withdrawn.
      const file = join(scene.world.workDirectory, "cosign.pub");
      const key = readFileSync(file, "utf8");
      writeFileSync(file, newSigningKey().publicKey);
      const { differences } = await drift(actor(scene.world).context, "production");
      expect(differences).toEqual([
        expect.objectContaining({ where: "registry", resource: expect.stringContaining("InvalidSignature") }),
      ]);
      writeFileSync(file, key);
    },
    patience,
  );

  it(
    "is not settled while a promotion is under way",
    async () => {
      const { context } = actor(scene.world);
      const ledger = await context.ledger();
      await using _lease = await ledger.acquire("production", { promotion: "held", actor: "octo-dev" });
      const ran = await liftlock(scene.world, ["drift", "production", "--correct"]);
      expect(ran.exit).toBe(3);
      expect(ran.events.at(-1)).toMatchObject({ event: "failed", code: "PromotionInProgress" });
    },
    patience,
  );
});

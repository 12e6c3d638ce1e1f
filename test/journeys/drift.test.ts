import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dockerConfig } from "../../infra/payload.ts";
import { newSigningKey } from "../../rehearsal/signing/key.ts";
import { acceptDrift, correctDrift, drift } from "../../src/automation/drift.ts";
import { hostRegistry } from "../../stacks/hostRegistry.ts";
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

/** Somebody starts a program of their own, for everybody. */
async function openPort(number: number, hostPort: number): Promise<() => Promise<void>> {
  const { spec } = labelled(number, "docs");
  const ports = [{ hostAddress: "", hostPort, containerPort: 8080 }];
  const { engine } = host(number);
  const program = engine.create({ ...spec, name: `open-${hostPort}`, labels: {}, ports });
  await program.start();
  return async () => {
    await program.stop();
    engine.remove(program);
  };
}

/** Somebody fetches an image and starts it among the application's containers. */
async function startImage(number: number, reference: string): Promise<() => Promise<void>> {
  const { spec } = labelled(number, "docs");
  const { engine } = host(number);
  using target = await actor(scene.world).context.workspace.open("production");
  const { registry } = target.outputs.access;
  await target.hosts.prefetch([reference], registry ? dockerConfig(hostRegistry(registry)) : undefined);
  const labels = { ...spec.labels, "com.docker.compose.service": "helper" };
  const image = present(engine.images.find(reference));
  const program = engine.create({ ...spec, name: "helper", image, reference, labels, ports: [] });
  await program.start();
  return async () => {
    await program.stop();
    engine.remove(program);
  };
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
    "is what listens and nothing declares, and a guard that is off: no update puts it right",
    async () => {
      const { context } = actor(scene.world);
      expect((await drift(context, "production")).differences).toEqual([]);
      const close = await openPort(1, 9_477);
      host(2).units.stop("liftlock-metadata");
      const { differences } = await drift(context, "production");
      expect(differences).toEqual([
        expect.objectContaining({
          where: "host",
          what: expect.stringMatching(/^tcp 9477 listens on 0\.0\.0\.0/),
        }),
        expect.objectContaining({
          where: "host",
          what: expect.stringContaining("liftlock-metadata is inactive"),
        }),
      ]);
      await close();
      host(2).units.boot();
      expect((await drift(context, "production")).differences).toEqual([]);
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
    "is an image that runs and nobody trusted has signed; where the registry does not say, that is said",
    async () => {
      const { context } = actor(scene.world);
      const [signed, unsigned] = await Promise.all([
        scene.release(),
        scene.release({ docs: { evidence: { signer: "stranger" } } }),
      ]);
      const ofRegistry = async () =>
        (await drift(context, "production")).differences.filter(({ where }) => where === "registry");
      const remove = await startImage(1, present(signed.images["docs"]));
      expect(await ofRegistry()).toEqual([]);
      await remove();
      const removeOther = await startImage(1, present(unsigned.images["docs"]));
      expect(await ofRegistry()).toEqual([
        {
          where: "registry",
          resource: expect.stringMatching(/^helper on shop-production-1 \(InvalidSignature\)$/),
          what: expect.stringContaining("is not signed by those trusted"),
        },
      ]);
      scene.world.faults.add({
        part: "registry",
        match: "shop-staging/docs",
        action: { kind: "status", status: 503 },
        times: "always",
      });
      expect(await ofRegistry()).toEqual([
        expect.objectContaining({ resource: expect.stringMatching(/^\S+ \(RegistryUnavailable\)$/) }),
        expect.objectContaining({
          resource: "helper on shop-production-1 (RegistryUnavailable)",
          what: expect.stringContaining("could not be asked"),
        }),
      ]);
      scene.world.faults.clear();
      await removeOther();
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

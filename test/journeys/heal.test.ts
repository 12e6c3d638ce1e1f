import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { drift } from "../../src/automation/drift.ts";
import { heal } from "../../src/automation/heal.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, liftlock, pulumi } from "./stage.ts";
import { configure, hostNumber, present, productionHosts } from "./strategies.ts";
import { ask, Traffic } from "./traffic.ts";

const scene = new Scene(2, {
  strategy: { type: "blueGreen" },
  loadBalancer: true,
  environments: ["production"],
});
const patience = 600_000;

const healing = (host: string, more: object = {}) =>
  heal(actor(scene.world).context, { environment: "production", host, allow: [], ...more });

const hostNamed = (name: string) => scene.world.hosts.host(name);

/** Time in which the load balancer notices that a host has gone, or has come. */
const balanced = () => sleep(8_000);

async function throughBalancer(): Promise<Traffic> {
  const { output } = await pulumi(scene.world, ["stack", "output", "address", "--stack", "production"]);
  return new Traffic([`http://${output.trim()}:${scene.world.ports.http}/api/version`]);
}

const up = () => pulumi(scene.world, ["up", "--yes", "--skip-preview", "--stack", "production"]);

const resize = (size: number) =>
  configure(scene.world, (config) => {
    config["liftlock:fleet"] = { ...config["liftlock:fleet"], size };
  });

describe("heal", () => {
  it(
    "refuses what is no host, what is alive, and what holds data",
    async () => {
      expect((await refusal(healing("shop-production-9"))).code).toBe("UsageInvalid");
      const alive = await refusal(healing("shop-production-2"));
      expect(alive).toMatchObject({ code: "UnsafeChange", message: expect.stringContaining("alive") });
      const data = await refusal(healing("shop-production-1"));
      expect(data).toMatchObject({ code: "UnsafeChange", hint: expect.stringContaining("--allow postgres") });
      const forced = await liftlock(scene.world, ["heal", "production", "shop-production-2", "--force"]);
      expect(forced.exit).toBe(2);
    },
    patience,
  );

  it(
    "replaces a host without power, and leaves the others alone; nobody notices",
    async () => {
      await balanced();
      const [first, second] = [hostNumber(scene.world, 1), hostNumber(scene.world, 2)];
      const others = first.engine.containers().map(({ id, startedAt }) => `${id} ${startedAt}`);
      await scene.world.hosts.powerOff(second.droplet.id);
      // Until the balancer has noticed, a lost host is a lost host.
      await balanced();
      const traffic = await throughBalancer();
      const ran = await liftlock(scene.world, ["heal", "production", second.name, "--reason", "disk full"]);
      expect(ran.exit).toBe(0);
      const result = ran.events.at(-1);
      expect(result).toMatchObject({ event: "promotion.finished", status: "Completed", hosts: 2 });
      expect(result?.["seconds"]).toBeGreaterThan(0);
      await balanced();
      expect((await traffic.stop()).dropped).toEqual([]);
      const next = hostNamed(second.name);
      expect(next.droplet.id).not.toBe(second.droplet.id);
      expect((await ask(`http://${next.droplet.address}:8080/api/version`)).version).toBe(
        scene.serving.version,
      );
      expect(first.engine.containers().map(({ id, startedAt }) => `${id} ${startedAt}`)).toEqual(others);
      const { output } = await pulumi(scene.world, ["stack", "export", "--stack", "production"]);
      const droplets = (
        JSON.parse(output) as { deployment: { resources: { type: string; protect?: boolean }[] } }
      ).deployment.resources.filter(({ type }) => type === "digitalocean:index/droplet:Droplet");
      // Unprotected for this one update only.
      expect(droplets.map(({ protect }) => protect)).toEqual([true, true]);
      const entries = await (await actor(scene.world).context.ledger()).read("production");
      const begun = entries.findLast((entry) => entry.entry === "started");
      expect(begun).toMatchObject({ why: expect.stringContaining("heal shop-production-2: disk full") });
      scene.expectServing(scene.serving);
      expect((await drift(actor(scene.world).context, "production")).differences).toEqual([]);
    },
    patience,
  );

  it(
    "replaces a host that is gone in the cloud, with its data where that is allowed",
    async () => {
      const { droplet, name } = hostNamed("shop-production-1");
      const headers = { authorization: `Bearer ${scene.world.environment["DIGITALOCEAN_TOKEN"]}` };
      const gone = await fetch(`${scene.world.digitalocean.url}/v2/droplets/${droplet.id}`, {
        method: "DELETE",
        headers,
      });
      expect(gone.status).toBe(204);
      const result = await healing(name, { allow: ["postgres"] });
      expect(result).toMatchObject({ status: "Completed", runs: { version: scene.serving.version } });
      scene.expectServing(scene.serving);
    },
    patience,
  );
});

describe("a fleet", () => {
  it(
    "grows and shrinks behind a load balancer without dropping a request",
    async () => {
      await balanced();
      const traffic = await throughBalancer();
      resize(3);
      expect((await up()).exit).toBe(0);
      await balanced();
      const third = hostNamed("shop-production-3");
      const served = () => ask(`http://${third.droplet.address}:8080/api/version`);
      expect((await served()).version).toBe(scene.serving.version);

      resize(2);
      const exported = JSON.parse(
        (await pulumi(scene.world, ["stack", "export", "--stack", "production"])).output,
      ) as { deployment: { resources: { urn: string }[] } };
      const { urn } = present(
        exported.deployment.resources.find(({ urn }) => urn.endsWith("droplet:Droplet::shop-production-3")),
      );
      const unprotected = await pulumi(scene.world, [
        "state",
        "unprotect",
        urn,
        "--yes",
        "--stack",
        "production",
      ]);
      expect(unprotected.exit).toBe(0);
      let leaving: number | string | undefined;
      const removal = up();
      // While it is drained its health is bad, and everything else is still answered.
      for (
        const deadline = Date.now() + 300_000;
        leaving === undefined && Date.now() < deadline;
        await sleep(200)
      ) {
        const health = await ask(`http://${third.droplet.address}:8080/healthz`);
        if (health.outcome === 503) leaving = (await served()).outcome;
      }
      expect(leaving).toBe(200);
      expect((await removal).exit).toBe(0);
      const { dropped, asked } = await traffic.stop();
      expect(asked).toBeGreaterThan(50);
      expect(dropped).toEqual([]);
      expect(productionHosts(scene.world).map(({ name }) => name)).not.toContain("shop-production-3");
      scene.expectServing(scene.serving);
    },
    patience,
  );
});

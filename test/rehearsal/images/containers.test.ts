/** The example images as they really run: in containers of this machine's engine. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { DockerApi, engineSocket } from "../../../rehearsal/host/container/docker-api.ts";
import {
  cacheFolder,
  readBusybox,
  rootFileSystem,
} from "../../../rehearsal/host/container/root-file-system.ts";
import {
  answersErrors,
  badInProduction,
  hangs,
  neverHealthy,
} from "../../../rehearsal/images/faulty-releases.ts";
import { pushRelease } from "../../../rehearsal/images/push.ts";
import { type ShopFaults, shopRelease } from "../../../rehearsal/images/shop.ts";
import type { ShopService } from "../../../rehearsal/images/shop-behaviours.ts";
import { type Registry, startRegistry } from "../../../rehearsal/registry/server.ts";
import { onContainers, whyNot } from "../host/container/enabled.ts";

onContainers();

const long = 180_000;
const created = z.object({ Id: z.string() });
const inspected = z.object({
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
});

/** A network of containers at the engine, gone when the tests are. */
class Containers implements AsyncDisposable {
  private readonly api: DockerApi;
  private readonly registry: Registry;
  private readonly busybox: Buffer;
  private readonly network = `liftlock-images-${randomBytes(4).toString("hex")}`;
  private readonly made: string[] = [];
  private readonly pulled = new Set<string>();

  private constructor(api: DockerApi, registry: Registry, busybox: Buffer) {
    this.api = api;
    this.registry = registry;
    this.busybox = busybox;
  }

  static async start(): Promise<Containers> {
    const api = await DockerApi.connect(engineSocket(process.env));
    const { folder } = await rootFileSystem(cacheFolder(process.env));
    // Engines take plain HTTP from this machine.
    const registry = await startRegistry({ faults: new Faults() });
    const containers = new Containers(api, registry, await readBusybox(folder));
    await api.ask({
      method: "POST",
      path: "/networks/create",
      json: { Name: containers.network, Internal: true },
    });
    return containers;
  }

  /** Pushes a release, lets the engine pull some of its images, and runs them under their services' names. */
  async run(
    services: readonly ShopService[],
    { faults = {}, environment = {} }: { faults?: ShopFaults; environment?: Record<string, string> } = {},
  ): Promise<string[]> {
    const release = await shopRelease({
      version: "1.4.0",
      commit: "a".repeat(40),
      createdAt: "2026-01-01T00:00:00Z",
      faults,
      busybox: this.busybox,
    });
    const images = Object.fromEntries(services.map((service) => [service, release[service]]));
    const references = await pushRelease(this.registry.url, undefined, "example/shop", images);
    const started: string[] = [];
    for (const service of services)
      started.push(await this.start(service, references[service] ?? "", environment));
    return started;
  }

  private async start(service: string, image: string, environment: Record<string, string>): Promise<string> {
    await this.api.ask({ method: "POST", path: `/images/create?fromImage=${encodeURIComponent(image)}` });
    this.pulled.add(image);
    const { Id } = await this.api.read(created, {
      method: "POST",
      path: "/containers/create",
      json: {
        Image: image,
        Env: Object.entries({ APP_ENV: "test", ...environment }).map(([name, value]) => `${name}=${value}`),
        HostConfig: { NetworkMode: this.network },
        NetworkingConfig: { EndpointsConfig: { [this.network]: { Aliases: [service] } } },
      },
    });
    this.made.push(Id);
    await this.api.ask({ method: "POST", path: `/containers/${Id}/start` });
    return Id;
  }

  async look(id: string) {
    const { State, NetworkSettings } = await this.api.read(inspected, {
      method: "GET",
      path: `/containers/${id}/json`,
    });
    return { ...State, address: NetworkSettings.Networks[this.network]?.IPAddress ?? "" };
  }

  /** Status and body. */
  async ask(id: string, path: string): Promise<[number, string]> {
    const { address } = await this.look(id);
    const answer = await fetch(`http://${address}:8080${path}`, { signal: AbortSignal.timeout(3000) });
    return [answer.status, await answer.text()];
  }

  /** The container's state and health, once it is or contains what is waited for; or what it is after 40 s. */
  async until(id: string, wanted: string): Promise<string> {
    for (const end = Date.now() + 40_000; ; await sleep(100)) {
      const { Status, Health } = await this.look(id);
      const found = `${Status} ${Health?.Status ?? ""}`.trim();
      if (found.includes(wanted) || Date.now() > end) return found;
    }
  }

  /** What it has written; pieces have eight bytes in front. */
  async log(id: string): Promise<string> {
    const { bytes } = await this.api.ask({ method: "GET", path: `/containers/${id}/logs?stdout=1&stderr=1` });
    return bytes.toString();
  }

  /** Milliseconds until it has ended when it is asked to. */
  async stop(id: string): Promise<number> {
    const start = performance.now();
    await this.api.ask({ method: "POST", path: `/containers/${id}/stop` });
    return performance.now() - start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.made)
      await this.api.ask({ method: "DELETE", path: `/containers/${id}?force=1&v=1` });
    await this.api.ask({ method: "DELETE", path: `/networks/${this.network}` });
    for (const image of this.pulled)
      await this.api.ask({
        method: "DELETE",
        path: `/images/${encodeURIComponent(image)}`,
        also: [404, 409],
      });
    await this.registry.close();
  }
}

describe("the example images in containers", () => {
  let containers: Containers;
  beforeAll(async () => {
    if (whyNot === undefined) containers = await Containers.start();
  }, long);
  afterAll(() => containers?.[Symbol.asyncDispose](), long);

  test("serve files, answers and each other", { timeout: long }, async () => {
    const [web = "", ...others] = await containers.run(["web", "api", "docs", "ai-planner"]);
    for (const id of [web, ...others]) await containers.until(id, "running");
    await containers.until(web, "healthy");
    expect(await containers.ask(web, "/")).toEqual([200, expect.stringContaining("<h1>Shop 1.4.0</h1>")]);
    expect(await containers.ask(web, "/healthz")).toEqual([200, "ok"]);
    expect(await containers.ask(web, "/api/version")).toEqual([200, '{"service":"api","version":"1.4.0"}']);
    expect(await containers.ask(web, "/docs/healthz")).toEqual([200, "ok"]);
    expect(await containers.ask(web, "/planner/healthz")).toEqual([200, "ok"]);
    expect(await containers.ask(web, "/nothing")).toEqual([404, "not found\n"]);
    expect(await containers.log(web)).toContain("web 1.4.0 listening on 8080 (test)");
    const [api = ""] = others;
    expect(await containers.stop(api)).toBeLessThan(5000);
    expect(await containers.look(api)).toMatchObject({ ExitCode: 0 });
  });

  test("say so when another one does not answer", { timeout: long }, async () => {
    const faults = { api: { startMilliseconds: 600_000 } };
    const [web = "", api = ""] = await containers.run(["web", "api"], { faults });
    await Promise.all([containers.until(web, "running healthy"), containers.until(api, "running")]);
    expect(await containers.ask(web, "/api/version")).toEqual([502, "no answer from api:8080\n"]);
  });

  test("have a database that says when it is ready", { timeout: long }, async () => {
    const [database = ""] = await containers.run(["postgres"]);
    expect(await containers.until(database, "running healthy")).toBe("running healthy");
  });

  test("have jobs that end", { timeout: long }, async () => {
    const [job = ""] = await containers.run(["migrator"]);
    await containers.until(job, "exited");
    expect(await containers.look(job)).toMatchObject({ ExitCode: 0 });
    expect(await containers.log(job)).toContain("migrated to 1.4.0");
  });

  test("go wrong where the environment says so, and only there", { timeout: long }, async () => {
    const [live = ""] = await containers.run(["api"], {
      faults: badInProduction,
      environment: { PAYMENT_MODE: "live" },
    });
    const [rehearsed = ""] = await containers.run(["api"], {
      faults: badInProduction,
      environment: { PAYMENT_MODE: "test" },
    });
    await containers.until(live, "exited");
    expect(await containers.look(live)).toMatchObject({ ExitCode: 1 });
    expect(await containers.log(live)).toContain("Error: STRIPE_LIVE_KEY is not set");
    expect(await containers.until(rehearsed, "running healthy")).toBe("running healthy");
  });

  test("are unhealthy, hang and fail as they are told", { timeout: long }, async () => {
    const [sick = ""] = await containers.run(["docs"], { faults: { docs: neverHealthy() } });
    const [stuck = ""] = await containers.run(["api"], { faults: { api: hangs("/version") } });
    const [failing = ""] = await containers.run(["web"], {
      faults: { web: answersErrors("/version", 500, 2) },
    });
    await Promise.all([stuck, failing].map((id) => containers.until(id, "running healthy")));
    expect(await containers.ask(sick, "/healthz")).toEqual([503, "starting"]);
    await expect(containers.ask(stuck, "/version")).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await containers.ask(failing, "/version")).toEqual([200, '{"service":"web","version":"1.4.0"}']);
    expect(await containers.ask(failing, "/version")).toEqual([500, "internal server error"]);
    expect(await containers.look(sick)).toMatchObject({ Health: { Status: "starting" } });
  });
});

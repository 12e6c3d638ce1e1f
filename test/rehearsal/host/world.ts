/** A registry, hosts and releases for these tests. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import type { Machine } from "../../../rehearsal/host/machine/machine.ts";
import { SimulatedHosts } from "../../../rehearsal/host/simulated-hosts.ts";
import { newKeyPair } from "../../../rehearsal/host/ssh/keys.ts";
import { type ShopFaults, shopRelease } from "../../../rehearsal/images/shop.ts";
import { type Registry, startRegistry } from "../../../rehearsal/registry/server.ts";
import { type Ran, run, type Target } from "./ssh.ts";

const key = newKeyPair();

export interface World {
  faults: Faults;
  registry: Registry;
  hosts: SimulatedHosts;
  directory: string;
  sshPort: number;
  /** Boots a droplet with the user `deploy`. */
  boot(name: string): Promise<Machine>;
  /** How to log in. */
  target(machine: Machine, user?: string): Target;
  /** Builds a release into the registry; gives `image: reference` by service. */
  publish(version: string, faults?: ShopFaults): Promise<Record<string, string>>;
  close(): Promise<void>;
}

let subnets = 0;

export async function startWorld(auth?: { username: string; password: string }): Promise<World> {
  subnets += 1;
  const faults = new Faults();
  const directory = await mkdtemp(join(tmpdir(), "liftlock-hosts-"));
  const sshPort = await freePort();
  const registry = await startRegistry({ faults, auth });
  // Test files run side by side in processes of their own: the process number keeps their addresses apart.
  const subnet = `127.${(process.pid % 200) + 20}.${subnets}`;
  const hosts = new SimulatedHosts({ directory, subnet, sshPort, faults });
  let droplets = 0;
  return {
    faults,
    registry,
    hosts,
    directory,
    sshPort,
    async boot(name) {
      droplets += 1;
      const address = hosts.allocateAddress("droplet");
      await hosts.boot({ id: droplets, name, address, userData: userData(), sshKeys: [], tags: [] });
      return hosts.host(name);
    },
    target: (machine, user = "deploy") => ({
      address: machine.droplet.address,
      port: sshPort,
      user,
      privateKey: key.private,
    }),
    async publish(version, shopFaults = {}) {
      const createdAt = "2026-01-01T00:00:00Z";
      const release = await shopRelease({ version, commit: "c".repeat(40), createdAt, faults: shopFaults });
      const entries = Object.entries(release).map(([service, image]) => {
        const digest = registry.push(`example/shop/${service}`, image, [version]);
        return [service, `${registry.host}/example/shop/${service}@${digest}`];
      });
      return Object.fromEntries(entries) as Record<string, string>;
    },
    async close() {
      await hosts.close();
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function userData(): string {
  return `#cloud-config
users:
  - name: deploy
    groups: [docker]
    shell: /bin/sh
    ssh_authorized_keys: ["${key.public.trim()}"]
`;
}

/** A port that is free on 127.0.0.1, and so very likely on the hosts' addresses. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export const promoted = ["api", "scheduler", "ai-planner", "web", "docs"];

export interface Payload {
  attempt?: number;
  mode?: string;
  wait?: number;
  release?: string;
  compose?: string;
  images: Record<string, string>;
  profiles?: string[];
  services?: string[];
  stateful?: string[];
  environment?: Record<string, string>;
}

/** What a script of the product gets on standard input. */
export async function payload(given: Payload): Promise<string> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const { images, services = promoted, stateful = [] } = given;
  const compose =
    given.compose ?? (await readFile(new URL("../../../app/compose.yaml", import.meta.url), "utf8"));
  const pinned = Object.entries(images).filter(([service]) => service !== "postgres");
  const pins = `services:\n${pinned.map(([name, image]) => `  ${name}:\n    image: ${image}\n`).join("")}`;
  const environment: Record<string, string> = {
    APP_ENV: "test",
    POSTGRES_PASSWORD: "secret",
    DATABASE_HOST: "10.0.0.5",
    PAYMENT_MODE: "test",
    SESSION_SECRET: "s",
    PLANNER_API_KEY: "k",
    HTTP_PORT: "18080",
    PUBLIC_URL: "http://shop.test",
    POSTGRES_IMAGE: images.postgres ?? "postgres",
    ...given.environment,
  };
  const lines = [
    "app shop",
    `attempt ${given.attempt ?? 1}`,
    `mode ${given.mode ?? "forward"}`,
    `wait ${given.wait ?? 3}`,
    `release ${given.release ?? "1.0.0"}`,
    `compose ${base64(compose)}`,
    `pins ${base64(pins)}`,
    `environment ${base64(
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    )}`,
    ...(given.profiles ?? []).map((name) => `profile ${name}`),
    ...services.map((name) => `service ${name}`),
    "job migrator",
    ...stateful.map((name) => `stateful ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The text of one of the product's scripts, as it is sent. */
export async function script(
  name: "deploy" | "migrate" | "remove" | "observe" | "prefetch",
): Promise<string> {
  const at = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
  if (name === "observe" || name === "prefetch") return at(`src/hosts/scripts/${name}.sh`);
  return `${await at("infra/host/lib.sh")}${await at(`infra/host/${name}.sh`)}`;
}

/** Runs one of the product's scripts on a host. */
export async function runScript(
  world: World,
  machine: Machine,
  name: Parameters<typeof script>[0],
  input: string | Payload,
): Promise<Ran & { milliseconds: number }> {
  const text = await script(name);
  const stdin = typeof input === "string" ? input : await payload(input);
  const start = performance.now();
  const ran = await run(world.target(machine), text, stdin);
  return { ...ran, milliseconds: performance.now() - start };
}

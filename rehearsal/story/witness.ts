import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "ssh2";
import { parse } from "yaml";
import { z } from "zod";
import { WorldFailure } from "../world/project.ts";
import { type TagTestimony, testifyTag } from "./tags.ts";
import type { RunningWorld } from "./worldProcess.ts";

/** What production is meant to run, from its configuration, and what each host answers that it runs. */
export interface Testimony {
  release: string;
  pinned: Record<string, string>;
  hosts: { address: string; digests: Record<string, string> }[];
  /** Every host runs every pinned service with the pinned digest. */
  agree: boolean;
  /** What the registry has under the tags that follow production. */
  tags: TagTestimony[];
}

/** Tags that follow what production runs; see its `liftlock:registry` in world/project.ts. */
const followingTags = ["main", "latest"];

const stackFile = z.object({
  config: z.looseObject({
    "liftlock:release": z.object({ version: z.string(), images: z.record(z.string(), z.string()) }),
  }),
});

const script = `for id in $(docker ps --quiet --no-trunc --filter label=com.docker.compose.project=shop); do
  docker inspect --type container --format '{{json (index .Config.Labels "com.docker.compose.service")}} {{json .Image}}' $id
done | while read -r service image; do
  printf '%s ' "$service"
  docker image inspect --format '{{json .RepoDigests}}' "$(printf %s "$image" | tr -d '"')"
done`;

/** Asks a host for itself, past everything the product says. */
function ask(address: string, port: number, key: string): Promise<Record<string, string>> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client
      .on("error", reject)
      .on("ready", () =>
        client.exec(script, (error, channel) => {
          if (error) return reject(error);
          let output = "";
          channel.on("data", (chunk: Buffer) => (output += chunk.toString()));
          channel.on("close", () => {
            client.end();
            const rows = output
              .split("\n")
              .filter(Boolean)
              .map((line) => line.split(" "));
            resolve(
              Object.fromEntries(
                rows.map(([service = "", digests = "[]"]) => [
                  service.replaceAll('"', ""),
                  z.array(z.string()).parse(JSON.parse(digests))[0]?.split("@")[1] ?? "none",
                ]),
              ),
            );
          });
        }),
      )
      .connect({ host: address, port, username: "liftlock", privateKey: key });
  });
}

const addresses = z.object({
  droplets: z.array(
    z.object({
      name: z.string(),
      networks: z.object({ v4: z.array(z.object({ ip_address: z.string(), type: z.string() })) }),
    }),
  ),
});

/** Production's droplets, from the cloud itself. */
async function productionHosts(world: RunningWorld): Promise<string[]> {
  const { DIGITALOCEAN_API_URL: url, DIGITALOCEAN_TOKEN: token } = world.environment;
  const response = await fetch(`${url}/v2/droplets?per_page=200`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new WorldFailure(`the cloud answered ${response.status} for its droplets`);
  return addresses
    .parse(await response.json())
    .droplets.filter((droplet) => droplet.name.includes("-production-"))
    .map((droplet) => droplet.networks.v4.find((n) => n.type === "public")?.ip_address ?? "");
}

/** Reads what production runs from the cloud, the hosts, the registry and the configuration, independently of the driver. */
export async function testify(world: RunningWorld, sshPort: number): Promise<Testimony> {
  const file = stackFile.parse(
    parse(readFileSync(join(world.workDirectory, "Pulumi.production.yaml"), "utf8")),
  );
  const { version, images } = file.config["liftlock:release"];
  const pinned = Object.fromEntries(
    Object.entries(images)
      .filter(([service]) => service !== "migrator")
      .map(([service, reference]) => [service, reference.split("@")[1] ?? ""]),
  );
  const found = await productionHosts(world);
  const hosts = await Promise.all(
    found.map(async (address) => ({ address, digests: await ask(address, sshPort, world.witnessKey) })),
  );
  const agree =
    hosts.length > 0 &&
    hosts.every((host) =>
      Object.entries(pinned).every(([service, digest]) => host.digests[service] === digest),
    );
  const tags = await Promise.all(followingTags.map((tag) => testifyTag(world, tag, images)));
  return { release: version, pinned, hosts, agree, tags };
}

import { setTimeout as sleep } from "node:timers/promises";
import { Load } from "../load/client.ts";
import type { Recording } from "../load/recording.ts";
import { front } from "../site/application.ts";
import type { Droplets } from "../site/droplets.ts";
import { shell } from "../site/shell.ts";

/** Input-free; $1 and $2 are the weights of the slots. */
const share = (blue: number, green: number) =>
  `printf 'set server ${front}/blue weight ${blue}; set server ${front}/green weight ${green}\\n' | socat - UNIX-CONNECT:/run/liftlock-edge/admin.sock`;

const container = (slot: string) =>
  `$(docker ps --all --quiet --filter label=com.docker.compose.project=shop-${slot} --filter label=com.docker.compose.service=${front})`;

/** How a container is ended: by its engine, which then leaves it alone, or from outside, so that its restart policy applies. */
export const endings = {
  "docker kill": (slot: string) => `docker kill ${container(slot)} >/dev/null`,
  // An image that is there, as a way to signal any process of the host.
  "kill -9": (slot: string) => `id=${container(slot)}
docker run --rm --pid host --entrypoint /bin/busybox "$(docker inspect --format '{{.Image}}' "$id")" kill -9 "$(docker inspect --format '{{.State.Pid}}' "$id")"`,
} as const;

const restore = (slot: string, active: string) => `docker start ${container(slot)} >/dev/null
${active === "blue" ? share(100, 0) : share(0, 100)}`;

/** On one host both slots get half of the requests; then one of them dies. @param seconds of load */
export async function killed(
  { world, first: host }: Droplets,
  ending: keyof typeof endings,
  rate: number,
  seconds: number,
): Promise<Recording> {
  const key = world.secrets.production.privateKey;
  const active = (await shell(host, key, "cat liftlock/shop/active")).trim();
  const slot = active === "blue" ? "green" : "blue";
  await shell(host, key, share(50, 50));
  const target = { address: host.address, port: world.ports.http };
  using load = await Load.start({ targets: [target], rate, most: rate * seconds * 2 });
  await sleep((seconds * 1000) / 3);
  await shell(host, key, endings[ending](slot));
  await sleep((seconds * 2000) / 3);
  const recording = await load.stop();
  await shell(host, key, restore(slot, active));
  return recording;
}

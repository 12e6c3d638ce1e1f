/** What can be done to a droplet that exists. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import { performOn } from "./actions.ts";
import { bodyOf, foundById, unprocessable } from "./api.ts";
import { sizes } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import { verifyHostName } from "./droplet-create.ts";
import type { Droplet } from "./model.ts";

const schema = z.object({
  type: z.string(),
  name: z.string().optional(),
  size: z.string().optional(),
  disk: z.boolean().optional(),
});

type Wanted = z.output<typeof schema>;
type Work = () => Promise<void>;

/** Throws 422 while an action is under way: the API takes one at a time. */
export function verifyIdle(droplet: Droplet): void {
  if (droplet.locked) throw unprocessable("Droplet already has a pending event.");
}

function power(
  cloud: Cloud,
  droplet: Droplet,
  type: "power_on" | "power_off" | "shutdown" | "power_cycle",
): Work {
  const { platform } = cloud.options;
  const off: Work = async () => {
    if (droplet.status !== "off") await platform.powerOff(droplet.id);
    droplet.status = "off";
  };
  const on: Work = async () => {
    await platform.powerOn(droplet.id);
    droplet.status = "active";
  };
  if (type === "power_on") {
    if (droplet.status === "active") throw unprocessable("Droplet is already powered on.");
    return on;
  }
  if (type === "power_off" && droplet.status === "off")
    throw unprocessable("Droplet is already powered off.");
  if (type !== "power_cycle") return off;
  return async () => {
    await off();
    await on();
  };
}

function resize(droplet: Droplet, wanted: Wanted): Work {
  const size = sizes.get(wanted.size ?? "");
  if (!size) throw unprocessable("You specified an invalid size.");
  if (droplet.status !== "off") throw unprocessable("Droplet must be powered off to be resized.");
  if (size.disk < droplet.disk)
    throw unprocessable("This size is not available because it has a smaller disk.");
  return async () => {
    droplet.size = size;
    if (wanted.disk === true) droplet.disk = size.disk;
  };
}

function planWork(cloud: Cloud, droplet: Droplet, wanted: Wanted): Work {
  const { type } = wanted;
  switch (type) {
    case "power_on":
    case "power_off":
    case "shutdown":
    case "power_cycle":
      return power(cloud, droplet, type);
    case "reboot":
      return power(cloud, droplet, "power_cycle");
    case "resize":
      return resize(droplet, wanted);
    case "rename": {
      const name = verifyHostName(wanted.name ?? "");
      return async () => {
        droplet.name = name;
      };
    }
    case "enable_ipv6":
    case "enable_backups":
    case "enable_private_networking":
      return async () => {
        droplet.features.add(type.slice("enable_".length));
      };
    case "disable_backups":
      return async () => {
        droplet.features.delete("backups");
      };
    default:
      throw unprocessable(`the rehearsal does not know the droplet action ${type}`);
  }
}

/** `POST /v2/droplets/ID/actions`: 201 with an action in progress. */
export async function actOnDroplet(cloud: Cloud, request: Request): Promise<Answer> {
  const droplet = foundById(cloud.droplets, request);
  const wanted = await bodyOf(request, schema);
  verifyIdle(droplet);
  const work = planWork(cloud, droplet, wanted);
  return { status: 201, json: { action: performOn(cloud, droplet, wanted.type, work) } };
}

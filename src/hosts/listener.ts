import { z } from "zod";
import type { Listener } from "../plan/facts.ts";

const port = z.coerce.number().int().min(1).max(65_535);

/**
 * A socket as `ss` writes it: `tcp 0.0.0.0:22`, `udp [fe80::1]%eth0:546`, `tcp *:80`.
 * @throws Error (of the schema) for anything else
 */
export function parseListener(text: string): Listener {
  const [protocol = "", local = ""] = text.split(" ");
  const colon = local.lastIndexOf(":");
  return {
    protocol: z.enum(["tcp", "udp"]).parse(protocol),
    address: z
      .string()
      .regex(/^(?:\*|[\d.]+|\[[\da-f:.]+\])$/i)
      .parse(local.slice(0, Math.max(colon, 0)).replace(/%.*$/, "")),
    port: port.parse(local.slice(colon + 1)),
  };
}

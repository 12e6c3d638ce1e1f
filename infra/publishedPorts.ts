import { parse } from "yaml";
import { z } from "zod";
import type { ComposeFile } from "./composeFile.ts";
import { interpolate } from "./interpolate.ts";

/** A port of a host on which a service of the compose file can be reached. */
export interface PublishedPort {
  service: string;
  protocol: "tcp" | "udp";
  port: number;
  /** The host's address; absent: every one. `private`: the one on its environment's own network. */
  address?: string;
}

const scalar = z.union([z.string(), z.number()]).transform(String);
const longPort = z.looseObject({
  published: scalar.optional(),
  protocol: z.string().default("tcp"),
  host_ip: z.string().optional(),
});
const shape = z.looseObject({ ports: z.array(z.union([scalar, longPort])).default([]) });

/** The parts of a short port, `[ADDRESS:]PUBLISHED:TARGET`; a colon within `${…}` or `[…]` is none of its own. */
export const portParts = (text: string): string[] => text.match(/(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+/g) ?? [];

/** `8000-8002` is three ports. */
function portsOf(text: string): number[] {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from >= 1 && to <= 65_535 && to >= from
    ? Array.from({ length: to - from + 1 }, (_, i) => from + i)
    : [];
}

function portOf(port: z.output<typeof shape>["ports"][number]) {
  if (typeof port === "object") return { ...port, address: port.host_ip };
  const [text = "", protocol = "tcp"] = port.split("/");
  const [, published, address] = portParts(text).toReversed();
  return { published, address, protocol };
}

/**
 * Ports that a compose file publishes on its host, with the values of an environment put in. A port that depends on a value that is not known
 * is left out, and so is one that the engine chooses.
 * @param values variables of the environment; `DATABASE_HOST` is the program's own
 */
export function publishedPorts(
  { text }: Pick<ComposeFile, "text">,
  values: Readonly<Record<string, string>>,
): PublishedPort[] {
  const document = parse(text, { merge: true }) as { services?: Record<string, unknown> } | null;
  const all = { ...values, DATABASE_HOST: "private" };
  return Object.entries(document?.services ?? {}).flatMap(([service, definition]) => {
    const parsed = shape.safeParse(definition ?? {});
    return (parsed.data?.ports ?? []).flatMap((given): PublishedPort[] => {
      const { published = "", address, protocol } = portOf(given);
      const at = address === undefined ? undefined : interpolate(address, all);
      return portsOf(interpolate(published, all) ?? "").map((port) => ({
        service,
        protocol: protocol === "udp" ? "udp" : "tcp",
        port,
        ...(at !== undefined && { address: at }),
      }));
    });
  });
}

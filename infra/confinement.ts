import { parse } from "yaml";
import { z } from "zod";
import type { ComposeFile } from "./composeFile.ts";
import { interpolate } from "./interpolate.ts";

/** How a service of the compose file is shut in, and what it gets of its host. */
export interface Confinement {
  service: string;
  /** As it is written, variables put in where they are known. */
  image?: string;
  privileged: boolean;
  /** Namespaces of the host that it shares. */
  hostNamespaces: string[];
  capabilities: string[];
  /** Paths of the host that it mounts. */
  binds: string[];
}

const mount = z.union([
  z.string(),
  z.looseObject({ type: z.string().optional(), source: z.string().optional() }),
]);

/** Values of a wrong type are compose's to refuse; here they count as what they would mean. */
const shape = z.looseObject({
  image: z.string().optional().catch(undefined),
  privileged: z.union([z.boolean(), z.string()]).default(false).catch(true),
  network_mode: z.string().optional().catch(undefined),
  pid: z.string().optional().catch(undefined),
  ipc: z.string().optional().catch(undefined),
  userns_mode: z.string().optional().catch(undefined),
  uts: z.string().optional().catch(undefined),
  cap_add: z.array(z.string()).default([]).catch(["ALL"]),
  volumes: z.array(mount).default([]).catch([]),
});

const namespaces = {
  network: "network_mode",
  pid: "pid",
  ipc: "ipc",
  user: "userns_mode",
  uts: "uts",
} as const;

/** `/path/on/host:/path/inside`; a name without a slash is a volume's. */
function bindOf(given: z.output<typeof mount>): string[] {
  const source = typeof given === "string" ? /^((?:\$\{[^}]*\}|[^:])+):/.exec(given)?.[1] : given.source;
  const isPath = source !== undefined && /^[/.~$]/.test(source);
  return isPath ? [source] : [];
}

/**
 * How each service of a compose file is shut in. Nothing in it is refused here.
 * @param values variables of the environment
 */
export function confinementOf(
  { text }: Pick<ComposeFile, "text">,
  values: Readonly<Record<string, string>>,
): Confinement[] {
  const document = parse(text, { merge: true }) as { services?: Record<string, unknown> } | null;
  const put = (written: string) => interpolate(written, values) ?? written;
  return Object.entries(document?.services ?? {}).map(([service, definition]) => {
    const given = shape.parse(definition ?? {});
    return {
      service,
      ...(given.image !== undefined && { image: put(given.image) }),
      privileged: given.privileged === true || put(String(given.privileged)) === "true",
      hostNamespaces: Object.entries(namespaces).flatMap(([name, key]) =>
        put(given[key] ?? "") === "host" ? [name] : [],
      ),
      capabilities: given.cap_add,
      binds: given.volumes.flatMap(bindOf).map(put),
    };
  });
}

import { parse } from "yaml";
import { z } from "zod";
import { Failure } from "../src/release/failure.ts";

/** What the program needs to know of the application's compose file. */
export interface ComposeFile {
  text: string;
  /** Services that a release pins and that run. */
  services: string[];
  /** Jobs (profile `job`): pinned by the release, run once before the services change. */
  jobs: string[];
  /** Stateful services (profile `data`): on the first host only, never promoted. */
  stateful: string[];
  /** Services that publish a port. */
  published: string[];
  /** Named volumes that belong to the project: no name of their own, not made elsewhere. */
  volumes: string[];
  /** Variables without a default: `${NAME}`, `${NAME:?…}`. */
  required: string[];
  /** Variables with a default: `${NAME:-…}`. */
  optional: string[];
}

const shape = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({ profiles: z.array(z.string()).optional(), ports: z.array(z.unknown()).optional() }),
  ),
  volumes: z
    .record(
      z.string(),
      z.looseObject({ name: z.unknown().optional(), external: z.unknown().optional() }).nullable(),
    )
    .nullish(),
});

/** Variables a compose file takes from its environment. `$$` is a dollar sign, comments don't count. */
function variables(text: string): { required: string[]; optional: string[] } {
  const code = text.replace(/^\s*#.*$/gm, "").replaceAll("$$", "");
  const found = new Map<string, boolean>();
  for (const [, name = "", operator = ""] of code.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?[^}]*\}/g))
    found.set(name, (found.get(name) ?? false) || operator === "" || operator.endsWith("?"));
  const names = [...found.keys()].sort();
  return { required: names.filter((n) => found.get(n)), optional: names.filter((n) => !found.get(n)) };
}

/** Reads a compose file's services and variables. @throws Failure `ComposeInvalid` */
export function parseComposeFile(text: string, place: string): ComposeFile {
  let document: unknown;
  try {
    document = parse(text, { merge: true });
  } catch (cause) {
    throw new Failure({
      code: "ComposeInvalid",
      message: `${place} is not YAML: ${String(cause)}`,
      cause,
      fault: "user",
    });
  }
  const parsed = shape.safeParse(document);
  if (!parsed.success)
    throw new Failure({
      code: "ComposeInvalid",
      message: `expected services in ${place}, found none (${z.prettifyError(parsed.error)})`,
      fault: "user",
    });
  const names = Object.keys(parsed.data.services).sort();
  const inProfile = (profile: string) =>
    names.filter((name) => parsed.data.services[name]?.profiles?.includes(profile));
  const [jobs, stateful] = [inProfile("job"), inProfile("data")];
  return {
    text,
    services: names.filter((name) => !jobs.includes(name) && !stateful.includes(name)),
    jobs,
    stateful,
    published: names.filter((name) => (parsed.data.services[name]?.ports ?? []).length > 0),
    volumes: Object.entries(parsed.data.volumes ?? {})
      .filter(([, volume]) => volume?.name === undefined && !volume?.external)
      .map(([name]) => name),
    ...variables(text),
  };
}

const mounts = z.looseObject({
  volumes: z
    .array(
      z.union([z.string(), z.looseObject({ type: z.string().optional(), source: z.string().optional() })]),
    )
    .optional(),
});

/** Named volumes that services mount: what they hold is on their host and nowhere else. */
export function mountedVolumes({ text }: ComposeFile, services: readonly string[]): string[] {
  const parsed = shape.parse(parse(text, { merge: true }));
  const named = Object.keys(parsed.volumes ?? {});
  const sources = services.flatMap((service) =>
    (mounts.parse(parsed.services[service] ?? {}).volumes ?? []).map((mount) =>
      typeof mount === "string" ? mount.split(":")[0] : mount.source,
    ),
  );
  return named.filter((name) => sources.includes(name));
}

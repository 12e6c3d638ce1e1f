import { z } from "zod";
import {
  type CertificateFacts,
  type ContainerFacts,
  type EdgeTarget,
  type HostFacts,
  type HostReading,
  type Listener,
  type Slot,
  wasRead,
} from "../plan/facts.ts";
import { Failure } from "../release/failure.ts";
import { releaseSchema } from "../release/release.ts";
import { parseCertificate } from "./certificate.ts";
import { parseListener } from "./listener.ts";

const container = z.object({
  id: z.string().regex(/^[0-9a-f]{12,64}$/),
  service: z.string().nullable(),
  project: z
    .string()
    .nullish()
    .transform((project) => project ?? ""),
  /** Name of its service in a cluster, `shop_web`. */
  task: z.string().nullish(),
  oneoff: z.string().nullish(),
  image: z.string(),
  reference: z.string(),
  state: z.object({
    Status: z.string(),
    ExitCode: z.number().default(0),
    StartedAt: z.string().default(""),
    Health: z
      .object({ Status: z.string(), Log: z.array(z.object({ Output: z.string().default("") })).nullish() })
      .nullish(),
  }),
  restarts: z.number(),
});
const image = z.object({ id: z.string(), digests: z.array(z.string()).nullable() });
const slot = z.enum(["blue", "green"]);
const record = releaseSchema.extend({ id: z.string() });

const digestOf = (reference: string) => reference.slice(reference.indexOf("@") + 1);

/** Reads what `scripts/observe.sh` printed. @throws Failure `HostUnreachable` when a line is not of its form */
export function parseObservation(host: string, output: string): HostFacts {
  const facts = {
    attempt: 0,
    phase: "",
    release: undefined as HostFacts["release"],
    files: {} as Record<string, string>,
  };
  const slots = { last: undefined as Slot | undefined, serving: undefined as Slot | undefined };
  const edge: EdgeTarget[] = [];
  const cluster: { state?: string; tasks: Record<string, number>; nodes: Record<string, string> } = {
    tasks: {},
    nodes: {},
  };
  const certificate: { lines: string[]; facts?: CertificateFacts | undefined } = { lines: [] };
  const exposure: { listeners?: Listener[] | "unknown"; guard?: string } = {};
  const containers: z.output<typeof container>[] = [];
  const references = new Map<string, string[]>();
  try {
    for (const line of output.split("\n").filter(Boolean)) {
      const space = line.indexOf(" ");
      const [key, value] = [line.slice(0, space), line.slice(space + 1)];
      if (key === "attempt") facts.attempt = z.coerce.number().int().parse(value);
      else if (key === "phase") facts.phase = value;
      else if (key === "release") {
        const { id: _, ...release } = record.parse(JSON.parse(Buffer.from(value, "base64").toString("utf8")));
        facts.release = release;
      } else if (key === "file") facts.files[value.split(" ")[0] ?? ""] = value.split(" ")[1] ?? "";
      else if (key === "slot") slots.last = slot.parse(value);
      else if (key === "active") slots.serving = slot.parse(value);
      else if (key === "certificate") certificate.lines.push(value);
      else if (key === "guard") exposure.guard = value;
      else if (key === "listens" && value === "unknown") exposure.listeners = "unknown";
      else if (key === "listens" && exposure.listeners !== "unknown")
        exposure.listeners = [...(exposure.listeners ?? []), parseListener(value)];
      else if (key === "edge") {
        const [route = "", of = "", weight = "", ...status] = value.split(" ");
        const share = z.coerce.number().int().parse(weight);
        edge.push({ route, slot: slot.parse(of), weight: share, status: status.join(" ") });
      } else if (key === "cluster") cluster.state = value.split(" ")[0] ?? "";
      else if (key === "task") {
        const [service = "", count = ""] = value.split(" ");
        cluster.tasks[service] = z.coerce.number().int().parse(count);
      } else if (key === "node") {
        const [name = "", ...words] = value.split(" ");
        // One that was made anew is there twice: the one that works counts.
        if (cluster.nodes[name] !== "Ready Active") cluster.nodes[name] = words.join(" ");
      } else if (key === "container") containers.push(container.parse(JSON.parse(value)));
      else if (key === "image") {
        const parsed = image.parse(JSON.parse(value));
        references.set(parsed.id, parsed.digests ?? []);
      }
    }
    certificate.facts = parseCertificate(certificate.lines);
  } catch (cause) {
    throw new Failure({
      code: "HostUnreachable",
      message: `expected facts from ${host}, got lines of another form`,
      hint: "Another program may be answering; look at the host.",
      cause,
    });
  }
  return {
    host,
    ...facts,
    ...exposure,
    ...(certificate.facts && { certificate: certificate.facts }),
    ...(slots.last && { slots, edge }),
    ...(cluster.state !== undefined && {
      cluster: {
        state: cluster.state,
        ...(Object.keys(cluster.tasks).length > 0 && { tasks: cluster.tasks }),
        ...(Object.keys(cluster.nodes).length > 0 && { nodes: cluster.nodes }),
      },
    }),
    containers: containers
      .filter((c) => c.oneoff !== "True")
      .map(
        (c): ContainerFacts => ({
          id: c.id,
          service: c.service ?? c.task?.slice(c.task.indexOf("_") + 1) ?? "",
          ...(c.task && { placed: true }),
          slot: slot.safeParse(/-(blue|green)$/.exec(c.project)?.[1]).data,
          status: c.state.Status,
          health: c.state.Health?.Status,
          probe: c.state.Health?.Log?.at(-1)?.Output.trim().slice(0, 500),
          exitCode: c.state.ExitCode,
          restarts: c.restarts,
          startedAt: c.state.StartedAt,
          digests: (references.get(c.image) ?? []).map(digestOf),
          references: references.get(c.image) ?? [],
        }),
      ),
  };
}

/**
 * What was deployed to a cluster is recorded on the host that deploys: it is the record of all its hosts. Where that host could not be
 * read, the others have none.
 */
export function shareRecord(readings: readonly HostReading[]): HostReading[] {
  const deployer = readings.filter(wasRead).find(({ cluster }) => cluster?.tasks !== undefined);
  if (!deployer) return [...readings];
  const { attempt, phase, release, files } = deployer;
  return readings.map((reading) =>
    wasRead(reading) && reading.cluster ? { ...reading, attempt, phase, release, files } : reading,
  );
}

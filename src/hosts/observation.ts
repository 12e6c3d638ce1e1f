import { z } from "zod";
import type { ContainerFacts, EdgeTarget, HostFacts, Slot } from "../plan/facts.ts";
import { Failure } from "../release/failure.ts";
import { releaseSchema } from "../release/release.ts";

const container = z.object({
  id: z.string().regex(/^[0-9a-f]{12,64}$/),
  service: z.string(),
  project: z.string().default(""),
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
  const containers: z.output<typeof container>[] = [];
  const digests = new Map<string, string[]>();
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
      else if (key === "edge") {
        const [route = "", of = "", weight = "", ...status] = value.split(" ");
        const share = z.coerce.number().int().parse(weight);
        edge.push({ route, slot: slot.parse(of), weight: share, status: status.join(" ") });
      } else if (key === "container") containers.push(container.parse(JSON.parse(value)));
      else if (key === "image") {
        const parsed = image.parse(JSON.parse(value));
        digests.set(parsed.id, (parsed.digests ?? []).map(digestOf));
      }
    }
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
    ...(slots.last && { slots, edge }),
    containers: containers
      .filter((c) => c.oneoff !== "True")
      .map(
        (c): ContainerFacts => ({
          id: c.id,
          service: c.service,
          slot: slot.safeParse(/-(blue|green)$/.exec(c.project)?.[1]).data,
          status: c.state.Status,
          health: c.state.Health?.Status,
          probe: c.state.Health?.Log?.at(-1)?.Output.trim().slice(0, 500),
          exitCode: c.state.ExitCode,
          restarts: c.restarts,
          startedAt: c.state.StartedAt,
          digests: digests.get(c.image) ?? [],
        }),
      ),
  };
}

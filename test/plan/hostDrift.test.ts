import { describe, expect, it } from "vitest";
import type { HostFacts } from "../../src/plan/facts.ts";
import { type DeployedFiles, judgeHostDrift, strayContainers } from "../../src/plan/hostDrift.ts";
import { container, host, release } from "../releases.ts";

const current = release("1.1.0");
const files: DeployedFiles = {
  compose: "c",
  environment: "e",
  pins: { place: "p", blue: "b", green: "g" },
};
const inPlace = { "compose.yaml": "c", environment: "e", "pins.yaml": "p" };
const behindEdge = { "compose.yaml": "c", environment: "e", "pins.yaml": "g" };
const target = (slot: "blue" | "green", weight: number, status = "UP") => ({
  route: "web",
  slot,
  weight,
  status,
});
const edge = [target("blue", 0, "DOWN"), target("green", 100)];
const slots = { last: "green", serving: "green" } as const;

const judge = (change: Partial<HostFacts>) =>
  judgeHostDrift([host("h1", current, 4, change)], files).map(({ message }) => message);

describe("judgeHostDrift", () => {
  it.each<[string, Partial<HostFacts>, RegExp[]]>([
    ["as deployed, in place", { files: inPlace }, []],
    ["as deployed, behind an edge", { files: behindEdge, slots, edge }, []],
    ["a compose file edited", { files: { ...inPlace, "compose.yaml": "x" } }, [/compose\.yaml was changed/]],
    [
      "pins of the other slot",
      { files: { ...behindEdge, "pins.yaml": "b" }, slots, edge },
      [/pins\.yaml was changed/],
    ],
    ["variables gone", { files: { "compose.yaml": "c", "pins.yaml": "p" } }, [/environment is missing/]],
    [
      "a weight set by hand",
      { files: behindEdge, slots, edge: [target("blue", 40), target("green", 60)] },
      [/gives blue 40 of web's traffic, not 0/, /gives green 60 of web's traffic, not 100/],
    ],
    [
      "what serves is not healthy to the edge",
      { files: behindEdge, slots, edge: [target("blue", 0), target("green", 100, "DOWN")] },
      [/sees web in green DOWN/],
    ],
    ["an edge that does not answer", { files: behindEdge, slots, edge: [] }, [/edge does not answer/]],
    ["in the middle of an attempt nothing is judged", { phase: "shifting", slots, edge: [] }, []],
  ])("%s", (_, change, messages) => {
    const found = judge(change);
    expect(found).toHaveLength(messages.length);
    for (const [i, message] of messages.entries()) expect(found[i]).toMatch(message);
  });

  it("a host that cannot be read says nothing here", () => {
    expect(judgeHostDrift([{ host: "h1", unreachable: "x" }], files)).toEqual([]);
  });
});

describe("strayContainers", () => {
  const known = ["api", "web", "migrator", "postgres"];

  it("are of services that the compose file does not have", () => {
    const stray = container("debugger", current, { status: "exited" });
    const reading = host("h1", current, 4, { containers: [container("api", current), stray] });
    expect(strayContainers([reading], known)).toEqual([
      { host: "h1", message: expect.stringMatching(/^debugger .*\(exited\)$/) },
    ]);
    expect(strayContainers([host("h1", current, 4)], known)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { mergeFiles } from "../../../../rehearsal/host/compose/merge.ts";

describe("mergeFiles", () => {
  it("lets the later file win in scalars and keeps the rest", () => {
    const earlier = { services: { api: { image: "a", restart: "no" }, web: { image: "w" } } };
    const later = { services: { api: { image: "b" } } };
    expect(mergeFiles(earlier, later)).toEqual({
      services: { api: { image: "b", restart: "no" }, web: { image: "w" } },
    });
  });

  it.each([
    ["adds lists", { ports: ["1:1"] }, { ports: ["2:2", "1:1"] }, { ports: ["1:1", "2:2"] }],
    ["replaces commands", { command: ["a", "b"] }, { command: ["c"] }, { command: ["c"] }],
    [
      "replaces tests",
      { healthcheck: { test: ["CMD", "a"], retries: 1 } },
      { healthcheck: { test: ["CMD", "b"] } },
      { healthcheck: { test: ["CMD", "b"], retries: 1 } },
    ],
    [
      "mixes forms of environment",
      { environment: ["A=1", "B"] },
      { environment: { A: 2, C: true } },
      { environment: { A: "2", B: null, C: "true" } },
    ],
    [
      "mixes forms of depends_on",
      { depends_on: ["a"] },
      { depends_on: { b: { condition: "service_healthy" } } },
      { depends_on: { a: { condition: "service_started" }, b: { condition: "service_healthy" } } },
    ],
    ["lets null change nothing", { image: "a" }, { image: null }, { image: "a" }],
  ])("%s", (_, earlier, later, result) => {
    expect(mergeFiles(earlier, later)).toEqual(result);
  });
});

import { describe, expect, it } from "vitest";
import type { ContainerFacts } from "../../src/plan/facts.ts";
import { countHealthy, judgeHost, judgeHosts } from "../../src/plan/verdict.ts";
import { container, digest, host, release } from "../releases.ts";

const current = release("1.0.0");
const jobs = ["migrator"];
const withApi = (change: Partial<ContainerFacts>) =>
  host("h1", current, 1, { containers: [container("api", current, change), container("web", current)] });

describe("judgeHost", () => {
  it("finds nothing wrong with a host that runs the release", () => {
    expect(judgeHost(host("h1", current, 1), current, jobs)).toEqual([]);
  });

  it.each<[string, Partial<ContainerFacts>, string]>([
    ["another digest", { digests: [digest("other")] }, "DigestMismatch"],
    ["no digest at all", { digests: [] }, "DigestMismatch"],
    ["a container that exited", { status: "exited", exitCode: 1, health: undefined }, "StartFailed"],
    ["one that keeps restarting", { status: "restarting", restarts: 4 }, "StartFailed"],
    [
      "one caught between two restarts",
      { status: "running", restarts: 2, health: "starting" },
      "StartFailed",
    ],
    ["one that is unhealthy", { health: "unhealthy" }, "Unhealthy"],
    ["one that is still starting", { health: "starting" }, "Unhealthy"],
    ["one that is paused", { status: "paused" }, "StartFailed"],
  ])("%s is a finding", (_, change, code) => {
    expect(judgeHost(withApi(change), current, jobs).map((f) => [f.service, f.code])).toEqual([
      ["api", code],
    ]);
  });

  it("a missing container is a finding", () => {
    const findings = judgeHost(
      host("h1", current, 1, { containers: [container("web", current)] }),
      current,
      jobs,
    );
    expect(findings.map((f) => f.code)).toEqual(["StartFailed"]);
  });

  it("asks no container of a job, but of every other service", () => {
    expect(judgeHost(host("h1", current, 1), current, []).map((f) => f.service)).toEqual(["migrator"]);
  });
});

describe("judgeHosts fails closed", () => {
  it.each([
    ["no hosts", [], "HostUnreachable"],
    [
      "a host that was not read",
      [host("h1", current, 1), { host: "h2", unreachable: "refused" }],
      "HostUnreachable",
    ],
    ["an older attempt", [host("h1", current, 0)], "StartFailed"],
    ["a newer attempt", [host("h1", current, 2)], "Superseded"],
    ["a deployment that did not end", [host("h1", current, 1, { phase: "deploying" })], "StartFailed"],
  ] as const)("%s", (_, readings, code) => {
    expect(judgeHosts(readings, current, jobs, 1).map((f) => f.code)).toEqual([code]);
  });
});

it("countHealthy counts an unread host's services as not healthy", () => {
  expect(countHealthy([host("h1", current, 1), { host: "h2", unreachable: "x" }], current, jobs)).toEqual([
    2, 4,
  ]);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareRecord } from "../../src/hosts/observation.ts";
import type { ContainerFacts, HostFacts, HostReading } from "../../src/plan/facts.ts";
import { countHealthy, judgeHosts } from "../../src/plan/verdict.ts";
import { digestsOf } from "../../src/release/release.ts";
import { release } from "../releases.ts";

const wanted = release("1.0.0");
const digests = digestsOf(wanted);
const other = `sha256:${"f".repeat(64)}`;
const [service = ""] = Object.keys(digests);
const digest = digests[service] ?? "";
const jobs = Object.keys(digests).filter((name) => name !== service);

const task = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: "a".repeat(64),
  service,
  placed: true,
  status: "running",
  health: "healthy",
  probe: undefined,
  exitCode: 0,
  restarts: 0,
  startedAt: "2026-01-01T00:00:00Z",
  digests: [digest],
  ...more,
});

const names = ["a", "b", "c"];

/** Three members, of which the first deploys; what each runs. */
function cluster(tasks: readonly (readonly ContainerFacts[])[], asked = 2): HostFacts[] {
  const nodes = Object.fromEntries(names.map((name) => [name, "Ready Active"]));
  return names.map((host, index) => ({
    host,
    attempt: 1,
    phase: "deployed",
    release: wanted,
    files: {},
    containers: tasks[index] ?? [],
    cluster: { state: "active", ...(index === 0 && { nodes, tasks: { [service]: asked } }) },
  }));
}

const codes = (readings: readonly HostReading[], attempt?: number) =>
  judgeHosts(readings, wanted, jobs, attempt).map(({ code }) => code);

describe("a cluster", () => {
  it.each<[string, HostFacts[], string[]]>([
    ["as many as asked for, wherever they are", cluster([[], [task()], [task()]]), []],
    ["two on one host", cluster([[task(), task()]]), []],
    [
      "one that ended before, of whatever digest",
      cluster([[task(), task({ status: "exited", digests: [other] })], [task()]]),
      [],
    ],
    ["one too few", cluster([[task()]]), ["StartFailed"]],
    ["one too many", cluster([[task()], [task()], [task()]]), ["StartFailed"]],
    ["none", cluster([]), ["StartFailed"]],
    ["one that does not answer", cluster([[task(), task({ health: "unhealthy" })]]), ["Unhealthy"]],
    ["one that only starts", cluster([[task(), task({ health: "starting" })]]), ["Unhealthy"]],
    [
      "one of another digest beside them",
      cluster([[task(), task(), task({ digests: [other] })]]),
      ["DigestMismatch"],
    ],
    [
      "one of another digest instead",
      cluster([[task(), task({ digests: [other] })]]),
      ["DigestMismatch", "StartFailed"],
    ],
    [
      "containers that the cluster did not place",
      cluster([[task({ placed: false }), task({ placed: false })]]),
      ["StartFailed"],
    ],
  ])("%s", (_, hosts, expected) => {
    expect(codes(hosts)).toEqual(expected);
  });

  it("is not well where nobody knows what was asked for", () => {
    const [first, ...rest] = cluster([[task()], [task()]]);
    const unread = { host: "a", unreachable: "no answer" };
    expect(codes([unread, ...rest])).toEqual(["StartFailed", "HostUnreachable"]);
    const forgetful = { ...(first as HostFacts), cluster: { state: "active" } };
    expect(codes([forgetful, ...rest])).toContain("StartFailed");
  });

  it.each(["inactive", "pending", "error"])("has no member that is %s", (state) => {
    const [first, second, third] = cluster([[task(), task()]]) as [HostFacts, HostFacts, HostFacts];
    expect(codes([first, second, { ...third, cluster: { state } }])).toEqual(["StartFailed"]);
    const { cluster: _, ...never } = third;
    expect(codes([first, second, never])).toEqual(["StartFailed"]);
  });

  it.each(["Down Active", "Ready Drain"])("has no member that its manager sees %s", (seen) => {
    const [first, ...rest] = cluster([[task(), task()]]) as [HostFacts, ...HostFacts[]];
    const nodes = { ...first.cluster?.nodes, c: seen };
    expect(codes([{ ...first, cluster: { ...first.cluster, state: "active", nodes } }, ...rest])).toEqual([
      "StartFailed",
    ]);
  });

  it("passes only with exactly the tasks that were asked for", () => {
    const kinds = fc.constantFrom("good", "sick", "ended", "other");
    const make = {
      good: task(),
      sick: task({ health: "unhealthy" }),
      ended: task({ status: "exited" }),
      other: task({ digests: [other] }),
    };
    fc.assert(
      fc.property(
        fc.array(fc.array(kinds, { maxLength: 3 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (placed, asked) => {
          const all = placed.flat();
          const good = all.filter((kind) => kind === "good").length;
          const well = good === asked && !all.includes("sick") && !all.includes("other");
          const hosts = cluster(
            placed.map((kindsOf) => kindsOf.map((kind) => make[kind])),
            asked,
          );
          expect(codes(hosts).length === 0).toBe(well);
          expect(countHealthy(hosts, wanted, jobs)).toEqual([Math.min(good, asked), asked]);
        },
      ),
    );
  });

  it("shares the record of the host that deploys, where that could be read", () => {
    const [first, ...rest] = cluster([[task(), task()]]) as [HostFacts, ...HostFacts[]];
    const bare = rest.map((host): HostFacts => ({ ...host, attempt: 0, phase: "", release: undefined }));
    expect(codes(shareRecord([first, ...bare]), 1)).toEqual([]);
    expect(codes(shareRecord([first, ...bare]), 2)).toEqual(["StartFailed", "StartFailed", "StartFailed"]);
    expect(codes(shareRecord([first, ...bare]), 0)).toEqual(["Superseded", "Superseded", "Superseded"]);
    const unread = { host: "a", unreachable: "no answer" };
    expect(shareRecord([unread, ...bare])).toEqual([unread, ...bare]);
  });
});

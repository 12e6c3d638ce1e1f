import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planCleanup } from "../../../src/plan/retention/cleanup.ts";
import { retentionPolicySchema } from "../../../src/plan/retention/policy.ts";
import { keyOf, type StoredVersion } from "../../../src/plan/retention/stored.ts";
import { StorageUse } from "../../../src/plan/retention/use.ts";
import { cosignTag, digest, type Given, now, version } from "./storage.ts";

const thresholds = { warning: 80, critical: 90 };

/** @param room bytes that may be in use @param runs names of what must stay */
const planned = (all: readonly Given[], room: number, runs: readonly string[] = []) =>
  planCleanup({
    now,
    versions: all.map(version),
    protection: {
      digests: new Map(runs.map((name) => [digest(name), "runs in production"])),
      tags: new Set(["latest"]),
    },
    policy: { storage: room, thresholds },
  });

const leaving = (plan: ReturnType<typeof planned>) =>
  plan.steps.flatMap((step) => step.leaving.map((one) => one.version.digest));

const why = (plan: ReturnType<typeof planned>, given: Given) => plan.stays.get(keyOf(version(given)));

describe("planCleanup", () => {
  it("does nothing while there is room", () => {
    const plan = planned([{ name: "a" }], 10_000);
    expect(plan).toMatchObject({ use: 1_000, critical: false, steps: [] });
    expect(why(plan, { name: "a" })).toBe("need not go");
  });

  it("lets the oldest images of staging go until the threshold is met", () => {
    const all = [1, 2, 3, 4].map((n) => ({ name: `${n}`, old: 20 + n }));
    const plan = planned(all, 4_500);
    expect(leaving(plan)).toEqual([digest("4")]);
    expect(plan.steps[0]).toMatchObject({ of: "staging", threshold: 80, after: 3_000 });
  });

  it("touches production's only above the critical threshold, and after staging's", () => {
    const all: Given[] = [
      { name: "old", origin: "production", old: 300 },
      { name: "older", origin: "production", old: 400 },
      { name: "trial", old: 20 },
    ];
    expect(leaving(planned(all, 3_400))).toEqual([digest("trial")]);
    expect(leaving(planned(all, 2_200))).toEqual([digest("trial"), digest("older")]);
    expect(planned(all, 2_200).critical).toBe(true);
  });

  it("does not meet a threshold at the cost of what must stay", () => {
    const plan = planned([{ name: "a" }, { name: "b" }], 1_000, ["a"]);
    expect(leaving(plan)).toEqual([digest("b")]);
    expect(plan.steps[0]?.after).toBe(1_000);
  });

  it.each<[string, Given, Given[], string[], string]>([
    ["what runs", { name: "a" }, [], ["a"], "runs in production"],
    ["what is young", { name: "a", old: 3 }, [], [], "is younger than 14 days"],
    ["a tag that people pull by", { name: "a", tags: ["latest"] }, [], [], "has the tag latest"],
    [
      "what cannot be looked at",
      { name: "a", gone: true },
      [],
      [],
      "the registry does not show what it holds",
    ],
    ["a part of an index", { name: "a" }, [{ name: "i", members: ["a"] }], ["i"], `is part of`],
    ["a signature", { name: "s", tags: [cosignTag("a", "sig")] }, [{ name: "a" }], ["a"], "belongs to"],
    ["an attestation", { name: "s", subject: "a" }, [{ name: "a" }], ["a"], "belongs to"],
    [
      "the signature of a part",
      { name: "s", tags: [cosignTag("a", "att")] },
      [{ name: "a" }, { name: "i", members: ["a"] }],
      ["i"],
      "is part of",
    ],
    [
      "what is only partly a signature",
      { name: "s", old: 3, tags: ["1.0.0", cosignTag("a", "sig")] },
      [],
      [],
      "younger",
    ],
    ["the signature of something not listed", { name: "s", subject: "x" }, [], ["x"], "belongs to"],
  ])("keeps %s", (_, given, others, runs, reason) => {
    const plan = planned([given, ...others], 1, runs);
    expect(leaving(plan)).not.toContain(digest(given.name));
    expect(why(plan, given)).toContain(reason);
  });

  it("takes an index before its parts, and an image before its signatures", () => {
    const plan = planned(
      [
        { name: "part", old: 400 },
        { name: "signature", tags: [cosignTag("index", "sig")], old: 500 },
        { name: "index", members: ["part"], tags: ["1.0.0"], old: 30 },
      ],
      1,
    );
    expect(leaving(plan)).toEqual(["index", "signature", "part"].map(digest));
  });

  it("takes what lists each other together, and still no part before what lists it", () => {
    const plan = planned(
      [
        { name: "a", members: [] },
        { name: "b", members: ["a"] },
        { name: "c", members: ["b"], subject: "a" },
      ],
      1,
    );
    expect(leaving(plan)).toEqual(["c", "b", "a"].map(digest));
  });

  it("counts a layer once, and as freed only with the last version that has it", () => {
    const all = [
      { name: "a", old: 40, shares: ["base"] },
      { name: "b", old: 30, shares: ["base"] },
    ];
    const plan = planned(all, 1);
    expect(plan.use).toBe(3_000);
    expect(plan.steps[0]?.leaving.map(({ frees }) => frees)).toEqual([1_000, 2_000]);
  });

  it("lets a signature go whose image is gone, once it is old itself", () => {
    const orphan = (old: number): Given => ({ name: "s", tags: [cosignTag("a", "sig")], old });
    expect(leaving(planned([orphan(20)], 1))).toEqual([digest("s")]);
    expect(leaving(planned([orphan(3)], 1))).toEqual([]);
  });
});

/** Names of a small world: indexes, images, signatures of each other, over two repositories and both origins. */
const names = Array.from({ length: 14 }, (_, index) => `v${index}`);
const some = fc.subarray(names, { maxLength: 3 });
const anyVersion = (name: string, index: number): fc.Arbitrary<Given> =>
  fc
    .record(
      {
        name: fc.constant(name),
        repository: fc.constantFrom("ghcr.io/example/shop-staging/api", "ghcr.io/example/shop/api"),
        tags: fc.oneof(
          fc.constant([]),
          fc.constant([`1.${index}.0`]),
          fc.constant(["latest"]),
          fc
            .tuple(fc.constantFrom(...names), fc.constantFrom("sig", "att", "sbom"))
            .map(([of, kind]) => [cosignTag(of, kind)]),
        ),
        old: fc.integer({ min: 0, max: 200 }),
        origin: fc.constantFrom("staging", "production"),
        size: fc.integer({ min: 1, max: 5_000 }),
        shares: fc.subarray(["base", "node", "tools"]),
        // A manifest can list only what was there before it.
        members: some.map((all) => all.filter((member) => names.indexOf(member) < index)),
        gone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      },
      { requiredKeys: ["name"] },
    )
    .chain((given) =>
      fc
        .option(fc.constantFrom(...names), { nil: undefined })
        .map(
          (subject): Given => (subject === undefined || given.tags?.length ? given : { ...given, subject }),
        ),
    );
const anyWorld = fc.record({
  all: fc.tuple(...names.map(anyVersion)).chain((all) => fc.subarray(all)),
  runs: fc.subarray(names, { maxLength: 4 }),
  room: fc.integer({ min: 1_000, max: 60_000 }),
});

/** What the rest of a repository needs of a version: its parts, and what speaks of it. */
function missingParts(left: readonly StoredVersion[], all: readonly StoredVersion[]): string[] {
  const [there, once] = [new Set(left.map(keyOf)), new Set(all.map(keyOf))];
  return left.flatMap(({ repository, content }) =>
    (content?.members ?? [])
      .map((member) => keyOf({ repository, digest: member }))
      .filter((key) => once.has(key) && !there.has(key)),
  );
}

describe("planCleanup over any storage", () => {
  const run = (
    check: (
      plan: ReturnType<typeof planned>,
      versions: StoredVersion[],
      world: { runs: string[]; room: number },
    ) => void,
  ) =>
    fc.assert(
      fc.property(anyWorld, ({ all, runs, room }) =>
        check(planned(all, room, runs), all.map(version), { runs, room }),
      ),
      { numRuns: 1_000 },
    );

  it("never deletes a protected digest, and no version twice", () => {
    run((plan, _, { runs }) => {
      const gone = plan.steps.flatMap((step) => step.leaving.map((one) => keyOf(one.version)));
      expect(new Set(gone).size).toBe(gone.length);
      for (const name of runs) expect(leaving(plan)).not.toContain(digest(name));
      for (const { leaving: them } of plan.steps)
        for (const { version: one } of them) expect(one.tags).not.toContain("latest");
    });
  });

  it("says of every version that it goes or why it stays, never both", () => {
    run((plan, versions) => {
      const gone = new Set(plan.steps.flatMap((step) => step.leaving.map((one) => keyOf(one.version))));
      for (const one of versions) expect(plan.stays.has(keyOf(one))).not.toBe(gone.has(keyOf(one)));
    });
  });

  it("leaves no index without a part, and no image without what speaks of it, wherever it is stopped", () => {
    run((plan, versions) => {
      const order = plan.steps.flatMap((step) => step.leaving.map((one) => one.version));
      let left = versions;
      for (const one of order) {
        left = left.filter((other) => keyOf(other) !== keyOf(one));
        expect(missingParts(left, versions)).toEqual([]);
      }
      // In the end what speaks of something that stays is there too.
      const there = new Set(left.map(keyOf));
      for (const gone of order) {
        const { repository, content, tags } = gone;
        const named = tags
          .flatMap((tag) => /^sha256-([0-9a-f]{64})\./.exec(tag)?.[1] ?? [])
          .map((hex) => `sha256:${hex}`);
        for (const subject of [...named, ...(content?.subject === undefined ? [] : [content.subject])])
          expect(there.has(keyOf({ repository, digest: subject }))).toBe(false);
      }
    });
  });

  it("ends below the threshold, or nothing more may go", () => {
    run((plan, versions, { room }) => {
      const gone = new Set(plan.steps.flatMap((step) => step.leaving.map((one) => keyOf(one.version))));
      const left = versions.filter((one) => !gone.has(keyOf(one)));
      const use = new StorageUse(left).bytes;
      expect(plan.steps.at(-1)?.after ?? plan.use).toBe(use);
      const idle = left.filter((one) => plan.stays.get(keyOf(one)) === "need not go");
      expect(use > room * 0.9 ? idle : []).toEqual([]);
      // Of what is left only production's, and what is tied to it, was let be above the warning threshold.
      const trial = versions.every(({ origin }) => origin === "staging");
      expect(use > room * 0.8 && trial ? idle : []).toEqual([]);
    });
  });

  it("takes a step only above its threshold", () => {
    run((plan, versions, { room }) => {
      const gone: StoredVersion[] = [];
      for (const { leaving: them, threshold } of plan.steps) {
        const before = new StorageUse(versions.filter((one) => !gone.includes(one))).bytes;
        expect(before).toBeGreaterThan((room * threshold) / 100);
        const keys = new Set(them.map((one) => keyOf(one.version)));
        gone.push(...versions.filter((one) => keys.has(keyOf(one))));
      }
    });
  });
});

describe("retentionPolicySchema", () => {
  it("has the specification's figures as defaults", () => {
    expect(retentionPolicySchema.parse(undefined)).toEqual({
      storage: 50 * 1024 ** 3,
      thresholds: { warning: 80, critical: 90 },
      keep: 5,
      age: 14,
    });
  });

  it.each([{ keep: 1 }, { age: 0 }, { thresholds: { warning: 95 } }, { storage: 0 }, { days: 3 }])(
    "refuses %j",
    (given) => {
      expect(retentionPolicySchema.safeParse(given).success).toBe(false);
    },
  );
});

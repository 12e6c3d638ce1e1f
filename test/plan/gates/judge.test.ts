import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GateFacts } from "../../../src/plan/gates/facts.ts";
import { type GateName, gateNames, overridableGates } from "../../../src/plan/gates/gate.ts";
import { judgeGates } from "../../../src/plan/gates/judge.ts";
import { describeGates, refusal } from "../../../src/plan/gates/refusal.ts";
import { releaseId } from "../../../src/release/release.ts";
import { ago, facts, kinds, next, now, policy } from "./facts.ts";

const strict = policy({
  tests: { required: true },
  soak: 3600,
  freezes: [{ from: "2026-02-01T00:00:00Z", to: "2026-02-02T00:00:00Z", reason: "audit" }],
});
const frozen = policy({
  freezes: [{ from: "2026-01-07T00:00:00Z", to: "2026-01-08T08:00:00Z", reason: "audit" }],
});
const unknown = { unknown: "the journal could not be read" };
const veto = {
  environment: "production",
  release: releaseId(next),
  version: "1.6.1",
  since: ago(86_400),
  promotion: "p0",
  reason: { code: "Unhealthy", message: "api is unhealthy" },
};
const start = (kind: "promote" | "rollback" | "deploy", seconds: number, environment = "production") => ({
  kind,
  environment,
  at: ago(seconds),
});
const running = ["development", "staging", "uat"].map((environment, i) => ({
  promotion: `p${i}`,
  environment,
  since: ago(30),
}));
const stop = { by: "octo-ops", at: ago(600), reason: "the payment provider is down" };

type Row = [string, Partial<GateFacts>, GateName, string, string | undefined, ReturnType<typeof policy>?];

describe("judgeGates", () => {
  it("lets pass what fulfils everything, and says so in a line", () => {
    const verdicts = judgeGates(strict, facts());
    expect(refusal(verdicts)).toBeUndefined();
    expect(verdicts.map((v) => v.gate)).toEqual([...gateNames]);
    expect(describeGates(verdicts)).toBe(
      "tests passed · soak 2 h 14 min ≥ 1 h · no freeze · no drift · way back: 1.6.0 on both hosts",
    );
  });

  it.each<Row>([
    [
      "tests failed",
      { tests: { status: "failed", release: releaseId(next) } },
      "tests",
      "fail",
      "TestsFailed",
    ],
    [
      "tests failed, not required",
      { tests: { status: "failed", release: releaseId(next) } },
      "tests",
      "fail",
      "TestsFailed",
      policy(),
    ],
    ["no test result", { tests: { status: "missing" } }, "tests", "fail", "TestsFailed"],
    ["none, not required", { tests: { status: "missing" } }, "tests", "skipped", undefined, policy()],
    [
      "tests of another release passed",
      { tests: { status: "passed", release: "000000000000" } },
      "tests",
      "fail",
      "TestsFailed",
    ],
    ["tests of no release passed", { tests: { status: "passed" } }, "tests", "fail", "TestsFailed"],
    ["tests not known", { tests: unknown }, "tests", "fail", "TestsFailed", policy()],
    [
      "soak too short",
      { source: { environment: "staging", verifiedSince: ago(720) } },
      "soak",
      "waiting",
      "SoakTooShort",
    ],
    [
      "soak just long enough",
      { source: { environment: "staging", verifiedSince: ago(3600) } },
      "soak",
      "pass",
      undefined,
    ],
    [
      "verified in the future",
      { source: { environment: "staging", verifiedSince: ago(-60) } },
      "soak",
      "waiting",
      "SoakTooShort",
    ],
    [
      "verified at no time",
      { source: { environment: "staging", verifiedSince: new Date("x") } },
      "soak",
      "fail",
      "SoakTooShort",
    ],
    [
      "soak not known",
      { source: { environment: "staging", verifiedSince: unknown } },
      "soak",
      "fail",
      "SoakTooShort",
    ],
    ["no soak asked for", {}, "soak", "skipped", undefined, policy()],
    ["frozen", {}, "freeze", "waiting", "FreezeWindow", frozen],
    ["freeze later on", {}, "freeze", "pass", undefined],
    ["drift", { drift: ["h1: api runs another digest"] }, "drift", "fail", "Drifted"],
    ["drift not known", { drift: unknown }, "drift", "fail", "Drifted"],
    ["drift accepted", { drift: ["x"] }, "drift", "pass", undefined, policy({ drift: "accept" })],
    [
      "unknown drift accepted",
      { drift: unknown },
      "drift",
      "skipped",
      undefined,
      policy({ drift: "accept" }),
    ],
    ["first release", { wayBack: { kind: "first" } }, "wayBack", "pass", undefined],
    ["no way back", { wayBack: { kind: "none" } }, "wayBack", "fail", "WayBackMissing"],
    [
      "its images are gone",
      { wayBack: { kind: "target", version: "1.6.0", available: false, where: "web-2 has not got api" } },
      "wayBack",
      "fail",
      "WayBackMissing",
    ],
    ["way back not known", { wayBack: unknown }, "wayBack", "fail", "WayBackMissing"],
    [
      "no way back, optional",
      { wayBack: { kind: "none" } },
      "wayBack",
      "skipped",
      undefined,
      policy({ wayBack: "optional" }),
    ],
    ["a promotion 299 s ago", { starts: [start("promote", 299)] }, "rate", "waiting", "RateLimited"],
    ["a promotion 300 s ago", { starts: [start("promote", 300)] }, "rate", "pass", undefined],
    ["elsewhere", { starts: [start("promote", 10, "uat")] }, "rate", "waiting", "RateLimited"],
    ["a rollback 10 s ago", { starts: [start("rollback", 10)] }, "rate", "pass", undefined],
    ["a deploy 10 s ago", { starts: [start("deploy", 10)] }, "rate", "pass", undefined],
    ["starts not known", { starts: unknown }, "rate", "fail", "RateLimited"],
    [
      "a start at no time",
      { starts: [{ ...start("promote", 0), at: new Date("x") }] },
      "rate",
      "fail",
      "RateLimited",
    ],
    [
      "three rollbacks within the hour",
      { kind: "rollback", starts: [10, 20, 3599].map((s) => start("rollback", s)) },
      "rate",
      "waiting",
      "RateLimited",
    ],
    [
      "the third an hour ago",
      { kind: "rollback", starts: [10, 20, 3600].map((s) => start("rollback", s)) },
      "rate",
      "pass",
      undefined,
    ],
    ["one deployment elsewhere", { running: running.slice(0, 1) }, "concurrency", "pass", undefined],
    [
      "two deployments elsewhere",
      { running: running.slice(0, 2) },
      "concurrency",
      "waiting",
      "ConcurrencyLimited",
    ],
    ["running not known", { running: unknown }, "concurrency", "fail", "ConcurrencyLimited"],
    ["vetoed", { vetoes: [veto] }, "veto", "fail", "Vetoed"],
    ["vetoed elsewhere", { vetoes: [{ ...veto, environment: "uat" }] }, "veto", "pass", undefined],
    ["another release vetoed", { vetoes: [{ ...veto, release: "000000000000" }] }, "veto", "pass", undefined],
    ["vetoes not known", { vetoes: unknown }, "veto", "fail", "Vetoed"],
    ["stopped", { stop }, "stop", "fail", "Stopped"],
    ["stop not known", { stop: unknown }, "stop", "fail", "Stopped"],
  ])("%s", (_, change, gate, status, code, given = strict) => {
    const found = judgeGates(given, facts(change)).find((v) => v.gate === gate);
    expect(found?.status).toBe(status);
    expect(found?.reason?.code).toBe(code);
  });

  it("waits until fewer than the limit are left, when more than it began", () => {
    const starts = [10, 40, 20, 30].map((s) => start("rollback", s));
    const rate = judgeGates(strict, facts({ kind: "rollback", starts })).find((v) => v.gate === "rate");
    expect(rate?.until).toEqual(ago(30 - 3600));
  });

  it("a release from a file has run nowhere: no soak, no pass", () => {
    const { source: _, ...rest } = facts({ kind: "deploy" });
    expect(refusal(judgeGates(strict, rest))?.code).toBe("SoakTooShort");
    expect(refusal(judgeGates(policy(), rest))).toBeUndefined();
  });

  const worst: Partial<GateFacts> = {
    tests: unknown,
    source: { environment: "staging", verifiedSince: ago(1) },
    starts: [start("promote", 1)],
    running,
    stop,
    vetoes: [veto],
    drift: ["x"],
    wayBack: { kind: "none" },
  };

  it("a rollback is let pass by all that refuses a promotion, a resume too", () => {
    const all = policy({ ...frozen, soak: 3600 });
    expect(refusal(judgeGates(all, facts({ ...worst, kind: "rollback" })))).toBeUndefined();
    expect(refusal(judgeGates(all, facts({ ...worst, kind: "resume" })))).toBeUndefined();
    expect(judgeGates(all, facts(worst)).map((v) => v.status)).not.toContain("pass");
  });

  it("refuses with the first gate's code, message and hint, and lists the others", () => {
    const reason = refusal(judgeGates(frozen, facts({ drift: ["x"], vetoes: [veto] })));
    expect(reason?.code).toBe("Vetoed");
    expect(reason?.message).toContain("freeze (frozen until 2026-01-08 08:00 UTC), drift (1 drift finding)");
    expect(reason?.hint).toContain('liftlock promote --override veto --reason "…"');
  });

  it("says how long, how long it should be, and when to try again", () => {
    const young = facts({ source: { environment: "staging", verifiedSince: ago(720) } });
    expect(refusal(judgeGates(policy({ soak: 3600 }), young))).toEqual({
      code: "SoakTooShort",
      message:
        "1.6.1 has run in staging for 12 min of the 1 h that production asks for. Try again at 14:48 UTC.",
      hint: 'liftlock promote --override soak --reason "…"   (written to the ledger, shown to approvers)',
    });
    const local = policy({ soak: 3600, timezone: "Europe/Berlin" });
    expect(refusal(judgeGates(local, young))?.message).toContain("Try again at 15:48 Europe/Berlin.");
  });
});

describe("overrides", () => {
  const override = (gate: (typeof overridableGates)[number], reason = "hotfix") => ({
    gate,
    reason,
    by: "octo-dev",
  });
  const refused = facts({ source: { environment: "staging", verifiedSince: ago(1) }, drift: ["x"] });

  it("open that gate only, and keep why it was needed", () => {
    const verdicts = judgeGates(strict, refused, [override("soak")]);
    expect(verdicts.find((v) => v.gate === "soak")).toMatchObject({
      status: "overridden",
      reason: { code: "SoakTooShort" },
      override: { by: "octo-dev", reason: "hotfix" },
    });
    expect(refusal(verdicts)?.code).toBe("Drifted");
    expect(describeGates(verdicts)).toContain("overridden by octo-dev");
  });

  it("without a reason are none", () => {
    expect(refusal(judgeGates(strict, refused, [override("soak", "  ")]))?.code).toBe("SoakTooShort");
  });

  it("of every gate do not lift a stop", () => {
    const all = overridableGates.map((gate) => override(gate));
    expect(refusal(judgeGates(strict, { ...refused, stop }, all))?.code).toBe("Stopped");
    expect(refusal(judgeGates(strict, refused, all))).toBeUndefined();
    // What comes from a journal or a command line may name it all the same.
    const forged = { ...override("soak"), gate: "stop" as "soak" };
    expect(refusal(judgeGates(strict, { ...facts(), stop }, [forged]))?.code).toBe("Stopped");
  });

  it("change nothing where the gate passes", () => {
    expect(judgeGates(strict, facts(), [override("soak")])).toEqual(judgeGates(strict, facts()));
  });
});

describe("whatever the facts", () => {
  const kind = fc.constantFrom(...kinds);
  const seconds = fc.integer({ min: -100, max: 100_000 });

  it("a longer soak never turns a pass into a failure, a longer wish never a failure into a pass", () => {
    fc.assert(
      fc.property(seconds, fc.nat(100_000), fc.nat(100_000), (run, asked, more) => {
        const status = (ran: number, wish: number) =>
          judgeGates(
            policy({ soak: wish }),
            facts({ source: { environment: "staging", verifiedSince: ago(ran) } }),
          ).find((v) => v.gate === "soak")?.status;
        const waits = status(run, asked) === "waiting";
        expect(waits || status(run + more, asked) !== "waiting").toBe(true);
        expect(!waits || status(run, asked + more) === "waiting").toBe(true);
      }),
    );
  });

  it("what is not known never passes, whatever is promoted", () => {
    const fields = ["tests", "starts", "running", "stop", "vetoes", "drift", "wayBack"] as const;
    fc.assert(
      fc.property(
        fc.constantFrom("promote" as const, "deploy" as const),
        fc.constantFrom(...fields),
        (k, field) => {
          const [known, not] = [facts({ kind: k }), facts({ kind: k, [field]: unknown })].map((f) =>
            judgeGates(strict, f),
          );
          // A deploy has no rate limit, so that nothing is asked of what began lately.
          if (k === "deploy" && field === "starts") return;
          expect(refusal(known ?? [])).toBeUndefined();
          expect(refusal(not ?? [])).toBeDefined();
        },
      ),
    );
  });

  it("limits never let more begin in any time than they allow", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("promote" as const, "rollback" as const),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(900), { minLength: 5, maxLength: 60 }),
        (k, count, gaps) => {
          const within = k === "promote" ? 600 : 3600;
          const given = policy({
            limits: { promotionsPer: { count, seconds: within }, rollbacksPerHour: count },
          });
          const begun: number[] = [];
          let at = now.getTime();
          for (const gap of gaps) {
            at += gap * 1000;
            const tried = facts({
              kind: k,
              now: new Date(at),
              starts: begun.map((time) => ({ kind: k, environment: "production", at: new Date(time) })),
            });
            const verdict = judgeGates(given, tried).find((v) => v.gate === "rate");
            // What waits may begin at the time it was told.
            const later = { ...tried, now: verdict?.until ?? tried.now };
            expect(judgeGates(given, later).find((v) => v.gate === "rate")?.status).toBe("pass");
            if (verdict?.status === "pass") begun.push(at);
          }
          for (const first of begun)
            expect(
              begun.filter((time) => time >= first && time < first + within * 1000).length,
            ).toBeLessThanOrEqual(count);
        },
      ),
    );
  });

  it("there is one verdict a gate, a reason with every refusal, and an end only to what waits", () => {
    fc.assert(
      fc.property(kind, seconds, fc.boolean(), fc.array(seconds), (k, run, drifted, starts) => {
        const verdicts = judgeGates(
          strict,
          facts({
            kind: k,
            source: { environment: "staging", verifiedSince: ago(run) },
            drift: drifted ? ["x"] : [],
            starts: starts.map((s) => start("promote", s)),
          }),
        );
        expect(verdicts.map((v) => v.gate)).toEqual([...gateNames]);
        for (const { status, reason, until } of verdicts) {
          expect(reason !== undefined).toBe(status === "fail" || status === "waiting");
          expect(until === undefined || (status === "waiting" && until > now)).toBe(true);
        }
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import type { AuditReport } from "../../../src/automation/audit.ts";
import type { PendingPromotion } from "../../../src/automation/decisions.ts";
import type { LiftPlan } from "../../../src/automation/plan.ts";
import type { EnvironmentStatus } from "../../../src/automation/status.ts";
import { auditText, isSound, repairText } from "../../../src/cli/render/audit.ts";
import { approvalText, pendingText, stopText, vetoesText } from "../../../src/cli/render/decisions.ts";
import { planText } from "../../../src/cli/render/plan.ts";
import { overviewText } from "../../../src/cli/render/status.ts";
import type { EntryOf } from "../../../src/ledger/entry.ts";
import { before } from "../results.ts";

const now = new Date("2026-03-04T14:02:00Z");
const release = { id: "3f2c9ab41d11", version: "1.6.1" };

const pending: PendingPromotion = {
  promotion: "20260304T1402-3f2c9a",
  environment: "production",
  release,
  initiator: "octo-dev@github",
  since: "2026-03-04T14:00:00Z",
  approvals: ["octo-lead"],
  needed: 2,
  until: "2026-03-05T14:00:00Z",
  bound: "0".repeat(64),
};

describe("a plan", () => {
  const droplet = {
    urn: "urn:pulumi:production::liftlock::digitalocean:index/droplet:Droplet::web-1",
    type: "digitalocean:index/droplet:Droplet",
    op: "replace",
    keys: ["region"],
  };
  const plan: LiftPlan = {
    kind: "promote",
    environment: "production",
    source: "staging",
    release,
    previous: before,
    attempt: 46,
    gates: [
      { gate: "stop", status: "pass", summary: "not stopped" },
      {
        gate: "soak",
        status: "waiting",
        summary: "soak 12 min < 1 h",
        until: new Date("2026-03-04T14:50:00Z"),
      },
      {
        gate: "rate",
        status: "overridden",
        summary: "limit: 1 promotion in 5 min",
        override: { gate: "rate", reason: "a hotfix", by: "octo-dev@github" },
      },
    ],
    images: "5 of 5 valid",
    preview: {
      changes: [droplet, { ...droplet, op: "update", keys: ["tags"] }],
      counts: { update: 1, same: 30 },
    },
    policy: [
      { rule: "sshRestricted", level: "mandatory", says: "SSH is closed", status: "kept", findings: [] },
      {
        rule: "noLatest",
        level: "mandatory",
        says: "no latest",
        status: "violated",
        findings: [{ subject: "web", message: "is latest", brought: false }],
      },
    ],
    approvals: 1,
    steps: ["images", "preview", "candidate"],
    refusals: [{ code: "SoakTooShort", message: "too short", hint: "wait" }],
  };
  const lines = planText(plan, now).split("\n");
  const line = (word: string) => lines.find((text) => text.includes(word)) ?? "";

  it("shows each gate, why, and until when", () => {
    expect(line("not stopped")).toContain("✓ stop");
    expect(line("soak 12 min")).toMatch(/… soak .*waiting .*until 14:50 UTC$/);
    expect(line("limit:")).toMatch(/! rate .*overridden by octo-dev@github: a hotfix$/);
  });

  it("marks what would be lost for good, and nothing else", () => {
    expect(line("replace")).toContain("stateful");
    expect(line("tags")).not.toContain("stateful");
  });

  it("says what refuses, and what people and steps there would be", () => {
    expect(lines).toContain("Refused (SoakTooShort): too short");
    expect(line("approval")).toContain("1 approval needed");
    expect(line("steps")).toContain("images → preview → attempt");
    expect(planText({ ...plan, refusals: [] }, now)).toContain("It would go on.");
  });
});

describe("what waits for people", () => {
  it("has the commands to decide it", () => {
    const text = pendingText([pending], now);
    expect(text).toContain("1 of 2 (octo-lead) approved, until 2026-03-05 14:00 UTC");
    expect(text).toContain("liftlock approve 20260304T1402-3f2c9a");
    expect(pendingText([], now)).toBe("Nothing waits for approval.");
  });

  it("says after an approval whether it is enough", () => {
    expect(approvalText(pending, "octo-lead")).toContain("1 more approval");
    const enough = approvalText({ ...pending, approvals: ["octo-lead", "octo-ops"] }, "octo-ops");
    expect(enough).toContain("2 of 2");
    expect(enough).toContain("liftlock promote");
  });

  it("a stop and its end, and vetoes", () => {
    const stop = {
      environments: ["staging", "production"],
      by: "octo-lead@github",
      why: "payments are down",
    };
    expect(stopText({ ...stop, lifted: false })).toContain("liftlock stop --lift");
    expect(stopText({ ...stop, lifted: true })).toContain("lifted (staging, production)");
    const veto = {
      environment: "production",
      release,
      since: "2026-03-04T13:00:00Z",
      why: "StartFailed: api",
    };
    expect(vetoesText([veto])).toContain("liftlock veto lift production 1.6.1");
    expect(vetoesText([])).toBe("Nothing is vetoed.");
  });
});

describe("status", () => {
  const status: EnvironmentStatus = {
    environment: "production",
    release: before,
    attempt: 45,
    address: "203.0.113.7",
    healthy: [10, 10],
    endpoints: [8, 8],
    hosts: [],
    problems: [],
    interrupted: false,
    verifiedSince: "2026-03-04T11:48:00Z",
    stop: { by: "octo-lead@github", since: "2026-03-04T13:52:00Z", why: "payments are down" },
    vetoes: [{ environment: "production", release, since: "2026-03-04T13:00:00Z", why: "StartFailed: api" }],
    last: {
      promotion: "p",
      kind: "promote",
      status: "Completed",
      time: "2026-03-04T11:48:00Z",
      by: "octo-dev@github",
      overridden: [{ gate: "soak", why: "a hotfix" }],
    },
  };

  it("has what is in force beside what runs", () => {
    const text = overviewText([status], [pending], now);
    expect(text).toContain("verified for 2 h 14 min");
    expect(text).toContain("stopped by octo-lead@github since 13:52 UTC: payments are down");
    expect(text).toContain("vetoed: 1.6.1");
    expect(text).toContain("in spite of soak (a hotfix)");
    expect(text).toContain("20260304T1402-3f2c9a  1.6.1 into production");
  });

  it.each([
    [61, "certificate for example.com, www.example.com from R11, 61 days left"],
    [1, "from R11, 1 day left"],
    [-1, "from R11, ended"],
  ])("has each host's certificate: %i days", (days, said) => {
    const certificate = { names: ["example.com", "www.example.com"], issuer: "R11", until: "", days };
    const host = { name: "web-1", address: "203.0.113.7", attempt: 45, digests: {}, certificate };
    expect(overviewText([{ ...status, hosts: [host] }], [], now)).toContain(said);
  });

  it("has nothing of what is not there", () => {
    const { stop: _, last: __, ...quiet } = status;
    const text = overviewText([{ ...quiet, vetoes: [] }], [], now);
    expect(text).not.toMatch(/stopped|vetoed|last:|Waits/);
  });
});

describe("an audit", () => {
  const sound: AuditReport = {
    environment: "production",
    ledger: "file:///state/.liftlock",
    chain: {
      environment: "production",
      entries: 42,
      intact: true,
      problems: [],
      head: { seq: 42, hash: "a".repeat(64) },
    },
    comparison: { promotions: 3, beyondHistory: 0, hosts: 2, discrepancies: [] },
    unread: [],
  };
  const broken: AuditReport["chain"] = {
    ...sound.chain,
    intact: false,
    problems: [{ kind: "edited", line: 7, message: "its hash is another" }],
  };
  const { comparison: _, ...alone } = sound;
  const other = { kind: "hostRelease", message: "web-1 records another" } as const;

  it.each<[string, AuditReport, boolean, string]>([
    ["sound", sound, true, "a".repeat(64)],
    ["broken", { ...alone, chain: broken }, false, "line 7: edited: its hash is another"],
    [
      "contradicted",
      { ...sound, comparison: { promotions: 3, beyondHistory: 0, hosts: 2, discrepancies: [other] } },
      false,
      "hostRelease: web-1 records another",
    ],
    ["a host that could not be asked", { ...sound, unread: ["web-2"] }, false, "web-2 could not be asked"],
  ])("%s: sound is told, and why not", (_, report, expected, said) => {
    expect(isSound(report)).toBe(expected);
    expect(auditText(report)).toContain(said);
  });

  const sealed: EntryOf<"repaired"> = {
    entry: "repaired",
    v: 1,
    seq: 9,
    environment: sound.environment,
    prev: "0".repeat(64),
    hash: "1".repeat(64),
    time: "2026-03-01T12:00:00.000Z",
    actor: "octo-dev",
    why: "the disk lost a sector",
    lines: 8,
    sha256: "2".repeat(64),
    found: { seq: 8, hash: "3".repeat(64) },
    problems: [
      {
        kind: "edited",
        seq: 7,
        line: 7,
        message: "its content does not match its hash",
        expected: "4".repeat(64),
        found: "5".repeat(64),
      },
    ],
    more: 2,
  };

  it("sealed: sound, and what was broken is told with place, hashes, who and why", () => {
    const report = { ...sound, chain: { ...sound.chain, repairs: [sealed] } };
    expect(isSound(report)).toBe(true);
    const text = auditText(report);
    for (const said of [
      "sealed by entry 9: octo-dev at 2026-03-01T12:00:00.000Z, because: the disk lost a sector",
      `line 7, entry 7: edited: its content does not match its hash (hash expected ${"4".repeat(64)}, found ${"5".repeat(64)})`,
      "and 2 more",
    ])
      expect(text).toContain(said);
  });

  it("broken: the way on is told; a repair says what it wrote, or that it wrote nothing", () => {
    const { environment, ledger } = sound;
    expect(auditText({ ...alone, chain: broken })).toContain(`liftlock audit repair ${environment}`);
    expect(repairText({ environment, ledger, repaired: sealed })).toContain("goes on with entry 9");
    expect(repairText({ environment, ledger })).toContain("nothing was written");
  });
});

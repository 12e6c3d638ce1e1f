import { describe, expect, test } from "vitest";
import { scan } from "./cosign.ts";
import { now, outcome, setting, trust, verify } from "./setting.ts";
import { addSignature, attest, type KeyPair, keyPair } from "./signing.ts";

const key = keyPair();
const vuln = "https://cosign.sigstore.dev/attestation/vuln/v1";
const cyclone = "https://cyclonedx.org/bom";

const bom = (vulnerabilities?: object[]) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  metadata: { timestamp: "2026-03-01T09:00:00Z" },
  ...(vulnerabilities && { vulnerabilities }),
});
const found = (id: string, severity?: string) => ({
  id,
  ratings: severity === undefined ? [] : [{ severity }],
});
const sarif = (results: object[]) => ({
  version: "2.1.0",
  runs: [{ tool: { driver: { name: "scanner" } }, results }],
});

const policy = (security: object = {}) => trust({ signatures: { keys: [key.pem] }, security });

function scanned(type: string, predicate: unknown, by: KeyPair = key) {
  const from = setting();
  addSignature(from.repository, from.digest, key);
  attest(from.repository, from.digest, by, type, predicate);
  return from;
}

const waiver = (change: object = {}) => ({
  id: "CVE-2026-1",
  reason: "not reachable",
  by: "octo-dev",
  expires: "2026-03-01",
  ...change,
});

describe("security reports", () => {
  test("a clean signed report passes; without one the image is refused, unless none is required", async () => {
    expect(await outcome(scanned(vuln, scan()), policy())).toMatchObject({ code: "verified" });
    const from = setting();
    addSignature(from.repository, from.digest, key);
    expect(await outcome(from, policy())).toMatchObject({ code: "SecurityBlocked" });
    expect(await outcome(from, policy({ required: false }))).toMatchObject({ code: "verified" });
  });

  const levels = ["none", "low", "medium", "high", "critical", undefined];
  test.each(
    (["low", "medium", "high", "critical"] as const).flatMap((block) =>
      levels.map((severity) => {
        const order = ["none", "low", "medium", "high", "critical"];
        // Unknown is blocked by every threshold.
        const expected = severity === undefined || order.indexOf(severity) >= order.indexOf(block);
        return [block, severity, expected ? "SecurityBlocked" : "verified"] as const;
      }),
    ),
  )("from %s on, a finding of severity %s: %s", async (block, severity, code) => {
    const from = scanned(cyclone, bom([found("CVE-2026-1", severity)]));
    expect(await outcome(from, policy({ block }))).toMatchObject({ code });
  });

  test("the refusal names service, finding, severity and how to waive", async () => {
    const from = scanned(
      cyclone,
      bom([found("CVE-2026-2", "high"), found("CVE-2026-1", "critical"), found("x\u001by")]),
    );
    const { message, hint } = await outcome(from, policy());
    expect(message).toContain("api (ghcr.io");
    expect(message).toContain("CVE-2026-1 critical, CVE-2026-2 high");
    expect(message).not.toContain("\u001b");
    expect(hint).toContain("waivers: { id, reason, by, expires, services: [api] }");
  });

  test.each([
    ["holds through its last day", waiver(), "2026-03-01T23:59:59Z", "verified"],
    ["ends with its last day", waiver(), "2026-03-02T00:00:00Z", "SecurityBlocked"],
    [
      "ends at an instant",
      waiver({ expires: "2026-03-01T12:00:00+01:00" }),
      "2026-03-01T11:00:00Z",
      "SecurityBlocked",
    ],
    [
      "holds up to an instant",
      waiver({ expires: "2026-03-01T12:00:00+01:00" }),
      "2026-03-01T10:59:59Z",
      "verified",
    ],
    ["is for this service", waiver({ services: ["api"] }), "2026-03-01T00:00:00Z", "verified"],
    ["is for another service", waiver({ services: ["web"] }), "2026-03-01T00:00:00Z", "SecurityBlocked"],
    ["is for another finding", waiver({ id: "CVE-2026-10" }), "2026-03-01T00:00:00Z", "SecurityBlocked"],
    ["is written in another case", waiver({ id: "cve-2026-1" }), "2026-03-01T00:00:00Z", "verified"],
  ])("a waiver that %s", async (_, written, at, code) => {
    const from = scanned(cyclone, bom([found("CVE-2026-1", "critical")]));
    expect(await outcome(from, policy({ waivers: [written] }), new Date(at))).toMatchObject({ code });
  });

  test("waived findings are told with who and why; an ended waiver is named; a newer one replaces it", async () => {
    const from = scanned(cyclone, bom([found("CVE-2026-1"), found("CVE-2026-9", "low")]));
    expect(await verify(from, policy({ waivers: [waiver()] }))).toMatchObject({
      services: {
        api: {
          security: {
            reports: 1,
            findings: 2,
            waived: [{ id: "CVE-2026-1", severity: "unknown", by: "octo-dev", reason: "not reachable" }],
          },
        },
      },
    });
    const ended = waiver({ expires: "2026-02-01" });
    const { message } = await outcome(from, policy({ waivers: [ended] }));
    expect(message).toContain("CVE-2026-1 unknown (its waiver ended 2026-02-01)");
    expect(await outcome(from, policy({ waivers: [ended, waiver()] }))).toMatchObject({ code: "verified" });
  });

  test("a report that nobody trusted signed does not count, unless the policy says so", async () => {
    const untrusted = scanned(vuln, scan(), keyPair());
    expect(await outcome(untrusted, policy())).toMatchObject({ code: "SecurityBlocked" });
    expect(await outcome(untrusted, policy({ unsigned: true }))).toMatchObject({ code: "verified" });

    const attached = setting();
    addSignature(attached.repository, attached.digest, key);
    attached.repository.refer(
      attached.digest,
      Buffer.from(JSON.stringify(sarif([]))),
      "application/sarif+json",
    );
    expect(await outcome(attached, policy())).toMatchObject({ code: "SecurityBlocked" });
    expect(await outcome(attached, policy({ unsigned: true }))).toMatchObject({ code: "verified" });
  });

  test("findings of all reports are taken together, each at its worst, whichever comes last", async () => {
    const worstFirst = scanned(cyclone, bom([found("CVE-2026-1", "critical")]));
    attest(worstFirst.repository, worstFirst.digest, key, cyclone, bom([found("CVE-2026-1", "low")]));
    expect(await outcome(worstFirst, policy())).toMatchObject({ code: "SecurityBlocked" });

    const from = scanned(cyclone, bom([found("CVE-2026-1", "low")]));
    expect(await outcome(from, policy())).toMatchObject({ code: "verified" });
    attest(from.repository, from.digest, key, vuln, scan([{ ruleId: "CVE-2026-1", level: "error" }]));
    expect(await outcome(from, policy())).toMatchObject({ code: "SecurityBlocked" });
  });

  test.each([
    ["of today", "2026-03-01T11:00:00Z", "verified"],
    ["of a week ago, to the second", "2026-02-22T12:00:00Z", "verified"],
    ["of more than a week ago", "2026-02-22T11:59:59Z", "SecurityBlocked"],
    ["from the day after tomorrow", "2026-03-03T00:00:00Z", "SecurityBlocked"],
    ["without a time", "whenever", "SecurityBlocked"],
  ])("at most a week old: a report %s", async (_, finished, code) => {
    expect(await outcome(scanned(vuln, scan([], finished)), policy({ maxAgeDays: 7 }))).toMatchObject({
      code,
    });
  });

  test.each<[string, string, unknown]>([
    ["an inventory without vulnerabilities", cyclone, bom()],
    ["an inventory with an empty list of them", cyclone, bom([])],
    ["an SPDX inventory", "https://spdx.dev/Document", { spdxVersion: "SPDX-2.3", packages: [] }],
    ["a report in an unknown format", vuln, { scanner: { result: { hello: "world" } } }],
    [
      "a scan that failed",
      vuln,
      { scanner: { result: { version: "2.1.0", runs: [{ tool: { driver: {} } }] } } },
    ],
    ["a malformed attestation", vuln, { scanner: [] }],
    ["a malformed CycloneDX document", cyclone, { bomFormat: "CycloneDX", vulnerabilities: {} }],
  ])("%s is no clean report", async (_, type, predicate) => {
    expect(await outcome(scanned(type, predicate), policy())).toMatchObject({ code: "SecurityBlocked" });
  });

  test("a signed report that cannot be read blocks even beside a clean one", async () => {
    const from = scanned(vuln, scan());
    attest(from.repository, from.digest, key, vuln, { scanner: { result: "…" } });
    expect(await outcome(from, policy())).toMatchObject({ code: "SecurityBlocked" });
  });

  test("more attachments than are looked at block: the finding may be in one of them", async () => {
    const from = scanned(vuln, scan());
    for (let i = 0; i < 51; i++)
      from.repository.refer(from.digest, Buffer.from(`{"n":${i}}`), "application/sarif+json");
    expect(await outcome(from, policy(), now)).toMatchObject({ code: "SecurityBlocked" });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PreviewReport } from "../../src/automation/preview.ts";
import { Secrets } from "../../src/automation/secrets.ts";
import { previewComment, previewMarkdown, previewMarker } from "../../src/cli/render/previewComment.ts";
import { commentLimit } from "../../src/github/comment.ts";
import { hazards } from "../../src/migrations/hazards.ts";
import { release } from "../releases.ts";

const droplet = "digitalocean:index/droplet:Droplet";
const urn = (type: string, name: string) => `urn:pulumi:production::liftlock::${type}::${name}`;
const fleet = { size: 2, dropletSize: "s-1vcpu-2gb", loadBalancer: false, dollars: 24 };

const report = (change: Partial<PreviewReport> = {}): PreviewReport => ({
  environment: "production",
  app: "shop",
  preview: {
    changes: [
      { urn: urn(droplet, "shop-production-3"), type: droplet, op: "create", keys: [] },
      {
        urn: urn("command:remote:Command", "deploy-shop-production-1"),
        type: "command:remote:Command",
        op: "update",
        keys: ["stdin"],
      },
    ],
    counts: { create: 1, update: 1, same: 30 },
  },
  checks: [{ name: "nothing stateful is replaced or deleted" }],
  policy: [],
  migrations: [],
  gates: [],
  release: { before: release("1.0.0"), after: release("1.1.0") },
  repository: "https://github.com/example/shop",
  notes: [{ version: "1.1.0", text: "### Features\n- faster" }],
  cost: { before: fleet, after: { ...fleet, size: 3, dollars: 36 } },
  ...change,
});

describe("a preview's comment", () => {
  test("begins with its marker, by which it is found again", () => {
    expect(previewComment(report(), commentLimit).startsWith(previewMarker("production"))).toBe(true);
  });

  test("says what changes and why, from which release to which, and what it costs", () => {
    const text = previewComment(report(), commentLimit);
    const [before, after] = [release("1.0.0").commit, release("1.1.0").commit];
    for (const part of [
      "1 to create, 1 to update, 30 unchanged",
      "| ✏️ update | `deploy-shop-production-1` | `command:remote:Command` | `stdin` |",
      "1.0.0 → **1.1.0**",
      `https://github.com/example/shop/compare/${before}...${after}`,
      "**+$12** (2 × s-1vcpu-2gb, $24 → 3 × s-1vcpu-2gb, $36)",
    ])
      expect(text).toContain(part);
  });

  test("says which gates are closed now, folded", () => {
    const reason = { code: "FreezeWindow", message: "frozen until Monday" } as const;
    const gates = [
      { gate: "stop", status: "pass", summary: "no stop" },
      { gate: "freeze", status: "waiting", summary: "frozen", reason },
    ] as const;
    const text = previewComment(report({ gates: [...gates] }), commentLimit);
    expect(text).toContain("<summary>Gates: 1 closed now</summary>");
    expect(text).toContain("| ⏳ freeze | frozen | **FreezeWindow** frozen until Monday |");
  });

  test("has the policy, what is broken first, and what may be so for a while", () => {
    const rule = { level: "mandatory", says: "it holds" } as const;
    const finding = { subject: "web", message: "is so", brought: true };
    const excepted = { reason: "moving", by: "octo-dev", expires: "2026-12-31" };
    const text = previewComment(
      report({
        policy: [
          { ...rule, rule: "sshRestricted", status: "kept", findings: [] },
          { ...rule, rule: "noLatest", status: "excepted", findings: [{ ...finding, excepted }] },
          { ...rule, rule: "imagesPinned", status: "violated", findings: [{ ...finding, brought: false }] },
        ],
      }),
      commentLimit,
    );
    expect(text).toContain("<summary>Policy: 1 rule kept, 1 violated, 1 excepted</summary>");
    expect(text).toContain("| ❌ imagesPinned | it holds | web: is so (so already) |");
    expect(text).toContain("(excepted until 2026-12-31 by octo-dev: moving)");
    expect(text.indexOf("imagesPinned")).toBeLessThan(text.indexOf("sshRestricted"));
  });

  test("warns of migrations, those last that somebody allowed, and no more than there is room for", () => {
    const drop = {
      file: "db/1.sql",
      line: 3,
      hazard: "drop",
      what: "DROP TABLE a",
      ...hazards.drop,
    } as const;
    const allowed = { ...drop, line: 1, allowed: "unused | since 2.3" };
    const text = previewComment(report({ migrations: [allowed, drop] }), commentLimit);
    expect(text).toContain("<summary>Migrations: 1 warning</summary>");
    expect(text).toContain("| ⚠️ `db/1.sql:3` | drop: `DROP TABLE a` | loses data");
    expect(text).toContain("| allowed: unused \\| since 2.3 |");
    expect(text.indexOf("sql:3")).toBeLessThan(text.indexOf("sql:1"));
    const many = Array.from({ length: 2_000 }, (_, line) => ({ ...drop, line: line + 1 }));
    const cut = previewComment(report({ migrations: many }), commentLimit);
    expect(cut.length).toBeLessThanOrEqual(commentLimit);
    expect(cut).toMatch(/… and \d+ more; all of them are in the whole report/);
  });

  test("marks what is unsafe, and shows it first", () => {
    const change = { urn: urn(droplet, "shop-production-1"), type: droplet, op: "replace", keys: ["region"] };
    const changes = [...(report().preview?.changes ?? []), change];
    const checks = [
      {
        name: "nothing stateful is replaced or deleted",
        refusal: { code: "UnsafeChange", message: "it would" },
      },
    ] as const;
    const text = previewComment(
      report({ preview: { changes, counts: { replace: 1 } }, checks: [...checks] }),
      commentLimit,
    );
    expect(text).toContain("⚠️ **unsafe**");
    expect(text).toContain("**UnsafeChange**");
    expect(text.indexOf("shop-production-1`")).toBeLessThan(text.indexOf("shop-production-3`"));
  });

  test.each([
    [undefined, 36, "3 × s-1vcpu-2gb, $36"],
    [24, 24, "unchanged"],
    [48, 24, "**−$24**"],
  ])("from %s to %i dollars", (before, after, expected) => {
    const cost = {
      ...(before !== undefined && { before: { ...fleet, size: before / 12, dollars: before } }),
      after: { ...fleet, size: after / 12, dollars: after },
    };
    expect(previewComment(report({ cost }), commentLimit)).toContain(expected);
  });

  test("does not know what a size costs that it has no price for", () => {
    const { dollars: _, ...unknown } = { ...fleet, dropletSize: "gpu-h100x8" };
    const text = previewComment(report({ cost: { before: fleet, after: unknown } }), commentLimit);
    expect(text).toContain("price unknown");
    expect(text).toContain("difference unknown");
  });

  test("fits, however much changes, and says what is missing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 500, max: commentLimit }),
        (count, notes, limit) => {
          const changes = Array.from({ length: count }, (_, i) => ({
            urn: urn("command:remote:Command", `deploy-a-host-with-a-long-name-${i}`),
            type: "command:remote:Command",
            op: "update",
            keys: ["stdin", "triggers"],
          }));
          const given = report({
            preview: { changes, counts: { update: count } },
            notes: Array.from({ length: notes }, (_, i) => ({
              version: `1.${i}.0`,
              text: "words ".repeat(400),
            })),
          });
          const text = previewComment(given, limit);
          expect(text.length).toBeLessThanOrEqual(limit);
          expect(text.startsWith(previewMarker("production"))).toBe(true);
          expect(text === previewMarkdown(given) || text.includes("whole report")).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("that was cut says where all of it is", () => {
    const changes = Array.from({ length: 900 }, (_, i) => ({
      urn: urn("command:remote:Command", `deploy-a-host-with-a-long-name-${i}`),
      type: "command:remote:Command",
      op: "update",
      keys: ["stdin"],
    }));
    const page = "https://github.com/example/shop/actions/runs/7";
    const text = previewComment(report({ preview: { changes, counts: {} }, page }), commentLimit);
    expect(text).toContain(`[This run](${page}) has the whole report as an artifact.`);
    expect(previewComment(report({ page }), commentLimit)).toContain(`[This run](${page}).`);
  });

  test("text of others has no effect", () => {
    const nasty =
      "<img src=x> | @everyone **bold** <!-- liftlock:preview:staging --> `x`\n# heading [a](http://x)";
    const text = previewMarkdown(
      report({
        notes: [{ version: nasty, text: nasty }],
        checks: [{ name: nasty, refusal: { code: "PreviewFailed", message: nasty, hint: nasty } }],
        preview: { changes: [{ urn: `a::${nasty}`, type: nasty, op: nasty, keys: [nasty] }], counts: {} },
      }),
    );
    const outside = text.replaceAll(/`[^`]*`/g, "");
    expect(outside).not.toContain("<img");
    expect(outside).not.toContain("@everyone");
    expect(outside).not.toContain("**bold**");
    expect(outside).not.toContain("[a](");
    expect(text.split("\n").filter((line) => /^#+ heading/.test(line))).toEqual([]);
    expect(outside.match(/<!-- /g)).toHaveLength(1);
  });

  test("a secret in any place of the report is not shown, whatever characters it has", () => {
    const characters = fc.constantFrom(...Array.from("abcXYZ019|*_`<>&@#[]{}~\\/+=-"));
    fc.assert(
      fc.property(fc.string({ unit: characters, minLength: 8, maxLength: 40 }), (secret) => {
        // Trimmed of what the mask takes for the edge of a text.
        const secrets = new Secrets();
        secrets.add(secret);
        const hidden = `before ${secret} after`;
        const leaky = report({
          app: hidden,
          repository: `https://github.com/example/${secret}`,
          notes: [{ version: hidden, text: hidden }],
          checks: [
            { name: hidden, detail: hidden },
            { name: hidden, refusal: { code: "PreviewFailed", message: hidden, hint: hidden } },
          ],
          preview: {
            changes: [{ urn: `a::${hidden}`, type: hidden, op: hidden, keys: [hidden] }],
            counts: { update: 1 },
          },
        });
        const clean = previewMarkdown(secrets.maskAll(leaky));
        const shown = (text: string) => text.replaceAll(/[\\\u200b]/g, "");
        expect(clean).toBe(
          previewMarkdown(
            secrets.maskAll(
              report({
                app: "before [secret] after",
                repository: "https://github.com/example/[secret]",
                notes: [{ version: "before [secret] after", text: "before [secret] after" }],
                checks: [
                  { name: "before [secret] after", detail: "before [secret] after" },
                  {
                    name: "before [secret] after",
                    refusal: {
                      code: "PreviewFailed",
                      message: "before [secret] after",
                      hint: "before [secret] after",
                    },
                  },
                ],
                preview: {
                  changes: [
                    {
                      urn: "a::before [secret] after",
                      type: "before [secret] after",
                      op: "before [secret] after",
                      keys: ["before [secret] after"],
                    },
                  ],
                  counts: { update: 1 },
                },
              }),
            ),
          ),
        );
        expect(shown(clean)).not.toContain(secret);
      }),
      { numRuns: 100 },
    );
  });
});

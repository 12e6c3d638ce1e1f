import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Notification, type Transition, transitions } from "../../src/notify/notification.ts";
import { linkOf, render } from "../../src/notify/render.ts";
import { slackMessage } from "../../src/notify/slack.ts";
import { notification } from "./notifications.ts";

describe("render", () => {
  it("says what, where, who, why, what now and where more is", () => {
    const why = { code: "StartFailed", message: "web-1: api exited with 1" };
    const next = "liftlock logs production api --attempt 45";
    const link = "https://ci.example.com/runs/7";
    expect(render(notification({ transition: "rolledBack", why, next, link }))).toEqual({
      title: "shop production: went back to 1.6.0, 1.6.1 failed",
      lines: [
        "Release 1.6.1 (3f2c9ab01234), before: 1.6.0 (77d0c1a2b3c4)",
        "By octo-dev, 2026-01-07 14:48 UTC",
        "Why: StartFailed: web-1: api exited with 1",
        "Next: liftlock logs production api --attempt 45",
        "https://ci.example.com/runs/7",
      ],
      text: expect.stringContaining("shop production: went back to 1.6.0, 1.6.1 failed\nRelease") as string,
      severity: "warning",
    });
  });

  it.each<[Transition, string | undefined, string]>([
    ["started", undefined, "info"],
    ["pending", undefined, "warning"],
    ["cancelled", "ApprovalDenied", "warning"],
    ["completed", undefined, "info"],
    ["failed", "CopyFailed", "error"],
    ["failed", "NoRollbackTarget", "critical"],
    ["failed", "RateLimited", "critical"],
    ["rolledBack", "Unhealthy", "warning"],
    ["rollbackIncomplete", "RollbackIncomplete", "critical"],
    ["rollbackFailed", "RollbackFailed", "critical"],
    ["drift", "DriftFound", "warning"],
    ["storage", "StorageCritical", "critical"],
  ])("%s (%s) is %s", (transition, code, severity) => {
    const why = code === undefined ? {} : { why: { code, message: "x" } };
    expect(render(notification({ transition, ...why })).severity).toBe(severity);
  });

  it.each<[string, Partial<Notification>, string]>([
    [
      "a person wanted",
      { why: { code: "Interrupted", message: "wrong prices" } },
      "went back from 1.6.1 to 1.6.0",
    ],
    ["ended where it began", { previous: notification().release }, "runs 1.6.1 again"],
    ["followed a failure", { why: { code: "Unhealthy", message: "x" } }, "went back to 1.6.0, 1.6.1 failed"],
  ])("says of a way back that %s what it was", (_, change, said) => {
    expect(render(notification({ transition: "rolledBack", ...change })).title).toBe(
      `shop production: ${said}`,
    );
  });

  it("has a title of its own for each transition", () => {
    const titles = transitions.map((transition) => render(notification({ transition })).title);
    expect(new Set(titles).size).toBe(transitions.length);
  });

  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 2000 }),
    fc.constantFrom("a\r\nBcc: x@example.com", "<!channel>", "&lt;", "\u202eevil", "🚀".repeat(400)),
  );
  const any = fc
    .record({
      app: text,
      environment: text,
      who: text,
      promotion: text,
      transition: fc.constantFrom(...transitions),
      release: fc.record({ id: text, version: text }),
      previous: fc.record({ id: text, version: text }),
      why: fc.record({ code: text, message: text }),
      next: text,
      link: text,
      at: fc.oneof(fc.date(), fc.constant(new Date(Number.NaN))),
    })
    .map((change): Notification => notification(change));

  it("stays short and one line a line, whatever the texts hold", () => {
    fc.assert(
      fc.property(any, (n) => {
        const { title, lines } = render(n);
        expect(title.length).toBeLessThanOrEqual(120);
        expect(lines.length).toBeLessThanOrEqual(5);
        for (const line of [title, ...lines]) {
          expect(line.length).toBeLessThanOrEqual(300);
          expect(/[\p{Cc}\u2028\u2029\u202e]/u.test(line)).toBe(false);
        }
      }),
    );
  });

  it("keeps within Slack's limits and out of its markup", () => {
    fc.assert(
      fc.property(any, (n) => {
        const { text: plain, blocks } = slackMessage(n) as {
          text: string;
          blocks: [{ text: { text: string } }, { text: { text: string } }];
        };
        const [header, section] = blocks.map((block) => block.text.text) as [string, string];
        expect(header.length).toBeLessThanOrEqual(150);
        expect(section.length).toBeLessThanOrEqual(3000);
        const link = linkOf(n);
        const rest = link === undefined ? section : section.slice(0, section.lastIndexOf("<"));
        expect(`${plain}${rest}`).not.toMatch(/[<>]/);
      }),
    );
  });
});

it.each([
  ["https://ci.example.com/runs/7", true],
  ["http://ci.example.com/runs/7", true],
  ["javascript:alert(1)", false],
  ["file:///etc/passwd", false],
  ["no address", false],
])("%s may be clicked: %s", (link, may) => {
  expect(linkOf(notification({ link })) !== undefined).toBe(may);
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hasChannels, notifyIn, secretProblems, secretsOf } from "../../src/notify/schema.ts";
import { config } from "./notifications.ts";

const email = { smtp: "smtps://u:p@smtp.example.com", from: "liftlock@example.com", to: ["ops@example.com"] };
const routingKey = "0123456789abcdef0123456789abcdef";
const url = "https://hooks.example.com/x";
const secret = "a-secret-of-some-length";

describe("notifyIn", () => {
  it("tells nobody unless told to", () => {
    expect(notifyIn(z.string()).parse(undefined)).toEqual({ webhooks: [] });
  });

  it("takes secrets in the form it is given", () => {
    const sealed = z.custom<string>((value) => typeof value === "object");
    expect(notifyIn(sealed).safeParse({ slack: { url: { secure: "v1:…" } } }).success).toBe(true);
    expect(notifyIn(sealed).safeParse({ slack: { url } }).success).toBe(false);
  });

  it.each([
    [{ slack: {} }, "slack.url"],
    [{ slack: { url, on: [] } }, "slack.on"],
    [{ slack: { url, on: ["exploded"] } }, "slack.on.0"],
    [{ email: { ...email, to: [] } }, "email.to"],
    [{ email: { ...email, from: "Liftlock <x>" } }, "email.from"],
    [{ webhooks: [{ url: "http://hooks.example.com/x", secret }] }, "webhooks.0.url"],
    [{ webhooks: [{ url: "https://u:p@hooks.example.com/x", secret }] }, "webhooks.0.url"],
    [{ webhooks: [{ url }] }, "webhooks.0.secret"],
    [{ pagerDuty: { routingKey, url: "http://events.example.com/" } }, "pagerDuty.url"],
    [{ teams: {} }, ""],
  ])("refuses %j", (input, path) => {
    const parsed = notifyIn(z.string()).safeParse(input);
    expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toContain(path);
  });
});

describe("secretProblems", () => {
  it("finds none in what can be used", () => {
    const used = config({
      slack: { url },
      email,
      pagerDuty: { routingKey },
      webhooks: [{ url: "http://127.0.0.1:9000/hook", secret }],
    });
    expect(secretProblems(used)).toEqual([]);
  });

  it.each([
    [{ slack: { url: "http://hooks.example.com/hunter2" } }, "notify.slack.url"],
    [{ email: { ...email, smtp: "smtp.example.com:hunter2" } }, "notify.email.smtp"],
    [{ pagerDuty: { routingKey: "hunter2" } }, "notify.pagerDuty.routingKey"],
    [{ webhooks: [{ url, secret: "hunter2" }] }, "notify.webhooks.0.secret"],
  ])("finds one at its place and does not repeat it: %j", (input, path) => {
    const problems = secretProblems(config(input));
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });
});

describe("secretsOf", () => {
  it("has every address and key that must not be seen, and a mail server's password by itself", () => {
    const all = config({
      slack: { url },
      email: { ...email, smtp: "smtps://u:p%40ss-word@smtp.example.com" },
      pagerDuty: { routingKey },
      webhooks: [{ url: "https://hooks.example.com/a", secret }],
    });
    expect(secretsOf(all)).toEqual([
      url,
      "smtps://u:p%40ss-word@smtp.example.com",
      "p@ss-word",
      routingKey,
      secret,
    ]);
    expect(secretsOf(config({}))).toEqual([]);
  });
});

it.each([
  [{}, false],
  [{ webhooks: [] }, false],
  [{ slack: { url } }, true],
  [{ pagerDuty: { routingKey } }, true],
  [{ webhooks: [{ url, secret }] }, true],
])("%j tells somebody: %s", (input, does) => {
  expect(hasChannels(config(input))).toBe(does);
});

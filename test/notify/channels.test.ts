import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Channel } from "../../src/notify/channel.ts";
import { channelsOf } from "../../src/notify/channels.ts";
import type { Notification, Transition } from "../../src/notify/notification.ts";
import { deliveryKey } from "../../src/notify/notifier.ts";
import { mailServer } from "./mailServer.ts";
import { config, notification } from "./notifications.ts";
import { type Received, receiver } from "./receiver.ts";

const only = (input: object): Channel => {
  const [channel] = channelsOf(config(input));
  if (channel === undefined) throw new TypeError("no channel");
  return channel;
};
const deliver = (channel: Channel, n: Notification, timeout = 15_000) =>
  channel.deliver(n, deliveryKey(n, channel.name), AbortSignal.timeout(timeout));
const why = { code: "StartFailed", message: "api: exited with 1" };
const routingKey = "0123456789abcdef0123456789abcdef";

describe("slack", () => {
  it("posts a header, the lines and a link", async () => {
    await using there = await receiver();
    const n = notification({
      transition: "failed",
      why: { code: "CopyFailed", message: "<!channel> & more" },
      link: "https://ci.example.com/runs/7?a=b|c",
    });
    expect(await deliver(only({ slack: { url: there.url } }), n)).toEqual({ delivered: true });
    const message = JSON.parse(there.received[0]?.body ?? "") as { text: string; blocks: object[] };
    expect(message.text).toContain("shop production: 1.6.1 did not come");
    expect(message.blocks).toMatchObject([
      { type: "header", text: { type: "plain_text" } },
      { type: "section", text: { type: "mrkdwn" } },
    ]);
    const body = JSON.stringify(message.blocks);
    expect(body).toContain("&lt;!channel&gt; &amp; more");
    expect(body).toContain("<https://ci.example.com/runs/7?a=b%7Cc|More>");
  });

  it("hears of what it asks for only", () => {
    const channel = only({ slack: { url: "https://hooks.example.com/x", on: ["failed"] } });
    expect(channel.wants(notification({ transition: "failed" }))).toBe(true);
    expect(channel.wants(notification({ transition: "completed" }))).toBe(false);
  });
});

describe("pagerDuty", () => {
  const channel = only({ pagerDuty: { routingKey } });

  it.each<[Transition, string | undefined, boolean]>([
    ["started", undefined, false],
    ["failed", "CopyFailed", false],
    ["failed", "NoRollbackTarget", true],
    ["rollbackFailed", "RollbackFailed", true],
    ["rollbackIncomplete", "RollbackIncomplete", true],
    ["rolledBack", "Unhealthy", true],
    ["completed", undefined, true],
    ["drift", "DriftFound", false],
  ])("%s (%s) goes there: %s", (transition, code, goes) => {
    const reason = code === undefined ? {} : { why: { code, message: "x" } };
    expect(channel.wants(notification({ transition, ...reason }))).toBe(goes);
  });

  it("opens an alert of the environment, and a later success of another promotion closes the same one", async () => {
    await using there = await receiver(202);
    const here = only({ pagerDuty: { routingKey, url: there.url } });
    const bad = notification({ transition: "rollbackFailed", why: { ...why, code: "RollbackFailed" } });
    expect(await deliver(here, bad)).toEqual({ delivered: true });
    await deliver(here, notification({ promotion: "another" }));
    const [trigger, resolve] = there.received.map(({ body }) => JSON.parse(body) as { dedup_key: string });
    expect(trigger).toMatchObject({
      routing_key: routingKey,
      event_action: "trigger",
      payload: {
        summary: expect.stringContaining("DOWN") as string,
        source: "shop/production",
        severity: "critical",
        timestamp: "2026-01-07T14:48:00.000Z",
        custom_details: { promotion: bad.promotion, who: "octo-dev" },
      },
    });
    expect(resolve).toEqual({
      routing_key: routingKey,
      event_action: "resolve",
      dedup_key: trigger?.dedup_key,
    });
  });

  it("keeps environments apart", async () => {
    await using there = await receiver(202);
    const here = only({ pagerDuty: { routingKey, url: there.url } });
    await deliver(here, notification());
    await deliver(here, notification({ environment: "staging" }));
    const keys = there.received.map(({ body }) => (JSON.parse(body) as { dedup_key: string }).dedup_key);
    expect(new Set(keys).size).toBe(2);
  });
});

describe("webhook", () => {
  const secret = "a-secret-of-some-length";

  it("is signed over time and body, and has an idempotency key", async () => {
    await using there = await receiver();
    const channel = only({ webhooks: [{ url: there.url, secret }] });
    const n = notification({ why });
    expect(await deliver(channel, n)).toEqual({ delivered: true });
    const [{ headers, body }] = there.received as [Received];
    const timestamp = String(headers["x-liftlock-timestamp"]);
    const own = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["x-liftlock-signature"]).toBe(`sha256=${own}`);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(10);
    expect(headers["idempotency-key"]).toBe(deliveryKey(n, channel.name));
    expect(JSON.parse(body)).toMatchObject({
      id: headers["idempotency-key"],
      transition: "completed",
      promotion: n.promotion,
      release: n.release,
      why,
      at: "2026-01-07T14:48:00.000Z",
      severity: "info",
    });
    expect(body).not.toContain(secret);
  });

  it("has a name that tells two addresses of one host apart and repeats neither", () => {
    const names = channelsOf(
      config({
        webhooks: [
          { url: "https://hooks.example.com/one", secret },
          { url: "https://hooks.example.com/two", secret },
        ],
      }),
    ).map(({ name }) => name);
    expect(new Set(names).size).toBe(2);
    expect(names.join()).not.toMatch(/one|two/);
  });
});

describe("over HTTP", () => {
  it.each([
    [302, false, undefined],
    [400, false, undefined],
    [404, false, undefined],
    [410, false, undefined],
    [408, true, undefined],
    [429, true, 7000],
    [500, true, undefined],
    [503, true, 7000],
  ])("%i: again %s", async (status, again, after) => {
    const headers = { ...(after && { "retry-after": "7" }), location: "https://elsewhere.example.com/" };
    await using there = await receiver({ status, headers });
    const outcome = await deliver(only({ slack: { url: there.url } }), notification());
    expect(outcome).toEqual({
      delivered: false,
      problem: `answered ${status}`,
      again,
      ...(after && { after }),
    });
  });

  it.each([
    "http://hunter2.example.com/x",
    "https://user:hunter2@127.0.0.1/x",
    "ftp://127.0.0.1/hunter2",
    "http://127.0.0.1.example.com/hunter2",
    "http://169.254.169.254/hunter2",
    "hunter2-but-no-address",
  ])("%s is not used, nor repeated", async (url) => {
    const outcome = await deliver(only({ slack: { url } }), notification());
    expect(outcome).toMatchObject({ delivered: false, again: false });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
  });

  it("says that nobody listens, without the address", async () => {
    const gone = await receiver();
    await gone[Symbol.asyncDispose]();
    expect(await deliver(only({ slack: { url: gone.url } }), notification())).toEqual({
      delivered: false,
      problem: "not reachable (ECONNREFUSED)",
      again: true,
    });
  });
});

describe("email", () => {
  const mail = (smtp: string, to = ["ops@example.com"]) =>
    only({ email: { smtp, from: "liftlock@example.com", to } });
  const n = notification({ transition: "failed", why });

  it("comes as plain text, with the same message id each time", async () => {
    await using there = await mailServer();
    const channel = mail(there.address(), ["ops@example.com", "lead@example.com"]);
    expect(await deliver(channel, n)).toEqual({ delivered: true });
    expect(await deliver(channel, n)).toEqual({ delivered: true });
    const [first, second] = there.mails;
    expect(first).toMatchObject({
      from: "liftlock@example.com",
      to: ["ops@example.com", "lead@example.com"],
    });
    expect(first?.data).toContain("Subject: shop production: 1.6.1 did not come");
    expect(first?.data).toContain("Why: StartFailed: api: exited with 1");
    expect(first?.data).toMatch(/Content-Type: text\/plain/);
    const id = /^Message-ID: (\S+)/im.exec(first?.data ?? "")?.[1];
    expect(id).toBe(`<${deliveryKey(n, "email").slice(0, 32)}@example.com>`);
    expect(second?.data).toContain(`Message-ID: ${id ?? "none"}`);
  });

  it("adds no header that a version or name brings along", async () => {
    await using there = await mailServer();
    const evil = notification({ transition: "failed", app: "shop\r\nBcc: evil@example.com" });
    await deliver(mail(there.address()), evil);
    expect(there.mails[0]?.to).toEqual(["ops@example.com"]);
    expect(there.mails[0]?.data).not.toMatch(/^Bcc:/m);
  });

  it("logs in when the address has a user", async () => {
    await using there = await mailServer({ auth: true });
    expect(await deliver(mail(there.address("octo:pass%40word@")), n)).toEqual({ delivered: true });
    expect(there.mails[0]?.login).toBe("\0octo\0pass@word");
  });

  it("is not tried again with a refused password, and does not repeat it", async () => {
    await using there = await mailServer({ auth: true, login: 535 });
    const outcome = await deliver(mail(there.address("octo:hunter2@")), n);
    expect(outcome).toEqual({ delivered: false, problem: "the mail server answered 535", again: false });
  });

  it.each([
    [451, true],
    [550, false],
  ])("%i: again %s", async (status, again) => {
    await using there = await mailServer({ statuses: [status] });
    expect(await deliver(mail(there.address()), n)).toEqual({
      delivered: false,
      problem: `the mail server answered ${status}`,
      again,
    });
  });

  it("says how many receivers were refused", async () => {
    await using there = await mailServer({ refused: ["gone@example.com"] });
    expect(await deliver(mail(there.address(), ["gone@example.com", "ops@example.com"]), n)).toEqual({
      delivered: true,
      problem: "1 of 2 receivers were refused",
    });
  });

  it("gives a silent server up in time and hangs up", async () => {
    await using there = await mailServer({ silent: true });
    const before = performance.now();
    expect(await deliver(mail(there.address()), n, 200)).toMatchObject({ delivered: false, again: true });
    expect(performance.now() - before).toBeLessThan(20_000);
    await expect.poll(there.open).toBe(0);
  });

  it.each([
    "smtp://hunter2.example.com?tls.rejectUnauthorized=false",
    "https://hunter2.example.com",
    "smtp://octo:hunter2%zz@example.com",
    "hunter2",
  ])("%s is no mail server, and is not repeated", async (address) => {
    const outcome = await deliver(mail(address), n);
    expect(outcome).toMatchObject({ delivered: false, again: false });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
  });
});

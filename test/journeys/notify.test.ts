import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resume } from "../../src/automation/resume.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { signature } from "../../src/notify/webhook.ts";
import { type Received, receiver } from "../notify/receiver.ts";
import { Scene } from "./scene.ts";
import { type Actor, actor, liftlock, pulumi } from "./stage.ts";

const scene = new Scene();
const key = "a-key-that-only-the-receiver-knows";

let hook: Awaited<ReturnType<typeof receiver>>;
let slack: Awaited<ReturnType<typeof receiver>>;

const configure = async (...settings: string[]) => {
  const ran = await pulumi(scene.world, ["config", ...settings, "--path", "--stack", "production"]);
  expect(ran).toMatchObject({ exit: 0 });
};

// No update follows: what is configured is told to by the very next promotion.
beforeAll(async () => {
  hook = await receiver(200);
  slack = await receiver(200);
  await configure("set", "liftlock:notify.webhooks[0].url", hook.url);
  await configure("set", "--secret", "liftlock:notify.webhooks[0].secret", key);
  await configure("set", "--secret", "liftlock:notify.slack.url", slack.url);
});
afterAll(async () => {
  await hook[Symbol.asyncDispose]();
  await slack[Symbol.asyncDispose]();
});

/** What of a webhook's body these stories look at. */
interface Told {
  promotion: string;
  transition: string;
}

/** What the receivers hear while something is done. */
async function heard<T>(doing: () => Promise<T>): Promise<{ done: T; told: Told[]; slack: string[] }> {
  const [before, said] = [hook.received.length, slack.received.length];
  const done = await doing();
  const json = ({ body }: Received): unknown => JSON.parse(body);
  return {
    done,
    told: hook.received.slice(before).map((request) => json(request) as Told),
    slack: slack.received.slice(said).map((request) => (json(request) as { text: string }).text),
  };
}

const warnings = ({ messages }: Actor) =>
  messages.flatMap(({ code, payload }) => (code === "warning" ? [payload.message] : []));

describe("a promotion's course", () => {
  it("is told once, signed, by the first promotion after somebody named the channels", async () => {
    const before = scene.serving;
    const release = await scene.release();
    const who = actor(scene.world);
    const { done, told, slack: texts } = await heard(() => scene.lift(release, who));
    expect(done.status).toBe("Completed");
    scene.expectServing(release);
    expect(told).toMatchObject([
      { transition: "started", promotion: done.promotion },
      {
        transition: "completed",
        promotion: done.promotion,
        release: { version: release.version },
        previous: { version: before.version },
      },
    ]);
    expect(texts).toEqual([
      expect.stringContaining(`shop production: ${release.version} is coming`),
      expect.stringContaining(`shop production: runs ${release.version}`),
    ]);
    for (const { headers, body } of hook.received) {
      const timestamp = String(headers["x-liftlock-timestamp"]);
      expect(headers["x-liftlock-signature"]).toBe(signature(key, timestamp, body));
    }
    expect(warnings(who)).toEqual([]);
    expect(done).not.toHaveProperty("incident");
  });

  it("is told of a way back that a person asked for, in that person's words", async () => {
    const newer = scene.serving;
    const back = () =>
      rollback(actor(scene.world).context, { environment: "production", reason: "wrong prices" });
    const { done, told, slack: texts } = await heard(back);
    expect(done).toMatchObject({ status: "RolledBack", runs: { version: "1.0.0" } });
    expect(told).toMatchObject([
      { transition: "started" },
      { transition: "rolledBack", why: { message: "wrong prices" } },
    ]);
    expect(texts.at(-1)).toContain(`went back from ${newer.version} to 1.0.0`);
  });
});

describe("a driver that is killed", () => {
  it("has told that it began; resume tells the end, and nothing twice", async () => {
    const release = await scene.release();
    const killed = () =>
      liftlock(scene.world, ["deploy", "production", "--release", "-"], {
        stdin: JSON.stringify(release),
        onEvent: (event, kill) => {
          if (event.event === "step.started" && event["step"] === "verify") kill("SIGKILL");
        },
      });
    const first = await heard(killed);
    expect(first.told.map(({ transition }) => transition)).toEqual(["started"]);
    const second = await heard(() => resume(actor(scene.world).context, "production"));
    expect(second.done?.status).toBe("Completed");
    expect(second.told).toMatchObject([
      { transition: "completed", promotion: first.told[0]?.promotion, release: { version: release.version } },
    ]);
    const third = await heard(() => resume(actor(scene.world).context, "production"));
    expect([third.done, third.told]).toEqual([undefined, []]);
    scene.expectServing(release);
  });
});

describe("a receiver that hangs", () => {
  it("holds the end up by its time only, is warned of, and keeps nobody else from being told", async () => {
    await using hanging = await receiver("never");
    await configure("set", "--secret", "liftlock:notify.slack.url", hanging.url);
    const release = await scene.release();
    const who = actor(scene.world);
    let finished = Number.NaN;
    const { notify } = who.context;
    who.context.notify = (message) => {
      notify(message);
      if (message.code === "promotion.finished") finished = performance.now();
    };
    const { done, told } = await heard(() => scene.lift(release, who));
    const waited = performance.now() - finished;
    expect(done.status).toBe("Completed");
    scene.expectServing(release);
    expect(waited).toBeLessThan(6_000);
    expect(told.map(({ transition }) => transition)).toEqual(["started", "completed"]);
    expect(warnings(who)).toEqual([
      expect.stringMatching(/^slack: started was not told: .*; completed was not told: /),
    ]);
    expect(JSON.stringify(who.messages)).not.toContain(hanging.url);
  });
});

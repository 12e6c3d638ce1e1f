import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { announceDrift, announcerOf } from "../../src/automation/announce.ts";
import { endTidings, needsPerson, toldAs, transitionOf } from "../../src/automation/course.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { nameOf } from "../../src/automation/run.ts";
import { runPage } from "../../src/automation/telling.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import { isEmergency, type Notification } from "../../src/notify/notification.ts";
import { render } from "../../src/notify/render.ts";
import { type FailureCode, failureCodes } from "../../src/release/failure.ts";
import { releaseId } from "../../src/release/release.ts";
import { config } from "../notify/notifications.ts";
import { receiver } from "../notify/receiver.ts";
import { aRun, ending, newer, now, older, step, stuck } from "./runs.ts";

const quick = { backoff: 1, timeout: 5_000, tries: 2 };
const secret = "a-key-that-nobody-else-knows";
const hookAt = (url: string) => config({ webhooks: [{ url, secret }] });

type Heard = Notification & { title: string };
const told = ({ received }: Awaited<ReturnType<typeof receiver>>) =>
  received.map(({ body }) => JSON.parse(body) as Heard);

describe("an announcer", () => {
  it("costs nothing where nobody is told", async () => {
    await using given = await aRun();
    const announcer = announcerOf(given.run);
    announcer.started();
    announcer.ended(ending(given.run));
    await announcer.finish();
    expect([given.asked(), given.warnings()]).toEqual([0, []]);
    expect(existsSync(join(given.directory, "state", ".liftlock", "delivered"))).toBe(false);
  });

  it("tells start and end, in order, with everything that is needed on a phone", async () => {
    await using hook = await receiver(200);
    await using given = await aRun({ exported: hookAt(hook.url), engine: {} });
    const named = { "liftlock:notify": { value: JSON.stringify(hookAt(hook.url)), secret: true } };
    await using other = await aRun({ exported: hookAt(hook.url), engine: named });
    for (const { run } of [given, other]) {
      const announcer = announcerOf(run, quick);
      announcer.started();
      announcer.ended(ending(run));
      await announcer.finish();
    }
    // The first one's file no longer names anybody, whatever the last update exported.
    expect(told(hook)).toMatchObject([
      { transition: "started", promotion: other.run.id, who: "octo-dev@github", release: nameOf(newer) },
      {
        transition: "rolledBack",
        app: "shop",
        environment: "production",
        release: nameOf(newer),
        previous: nameOf(older),
        why: { code: "StartFailed" },
        next: "liftlock history production",
        at: now.toISOString(),
      },
    ]);
  });

  it("tells those whom the file names, before any update has exported them", async () => {
    await using hook = await receiver(200);
    const file = hookAt(hook.url);
    const engine = { "liftlock:notify": { value: JSON.stringify(file), secret: true } };
    await using given = await aRun({ exported: config({}), file, engine });
    const announcer = announcerOf(given.run, quick);
    announcer.ended(ending(given.run, { status: "Completed" }));
    await announcer.finish();
    expect(told(hook)).toMatchObject([{ transition: "completed" }]);
    expect(given.run.context.secrets.mask(`key ${secret}`)).toBe("key [secret]");
  });

  it("tells those that were exported when the engine cannot say, and warns of it", async () => {
    await using hook = await receiver(200);
    await using given = await aRun({ exported: hookAt(hook.url) });
    const announcer = announcerOf(given.run, quick);
    announcer.ended(stuck(given.run, "RollbackFailed"));
    await announcer.finish();
    expect(told(hook)).toMatchObject([{ transition: "rollbackFailed", why: { code: "RollbackFailed" } }]);
    expect(given.warnings()).toEqual([expect.stringContaining("EngineUnavailable")]);
  });

  it("warns of each channel that could not be told, once, without its address", async () => {
    await using bad = await receiver(400);
    await using good = await receiver(200);
    const exported = config({ slack: { url: bad.url }, webhooks: [{ url: good.url, secret }] });
    await using given = await aRun({ exported });
    const announcer = announcerOf(given.run, quick);
    announcer.started();
    announcer.ended(ending(given.run));
    await announcer.finish();
    expect(given.warnings().slice(1)).toEqual([
      "slack: started was not told: answered 400; rolledBack was not told: answered 400",
    ]);
    expect(told(good)).toHaveLength(2);
  });

  it("masks what is known to be secret", async () => {
    await using hook = await receiver(200);
    await using given = await aRun({ exported: hookAt(hook.url) });
    given.run.context.secrets.add("hunter2-hunter2");
    const announcer = announcerOf(given.run, quick);
    const reason = { code: "StartFailed", message: "postgres://shop:hunter2-hunter2@db" } as const;
    announcer.ended(ending(given.run, { reason }));
    await announcer.finish();
    expect(told(hook)[0]?.why?.message).toBe("postgres://shop:[secret]@db");
  });

  it("asks people once for the same approval, whoever starts the promotion again", async () => {
    await using hook = await receiver(200);
    const asking = { releaseId: releaseId(newer), version: newer.version, bound: "0".repeat(64) };
    const pending = { status: "Pending", reason: { code: "ApprovalPending", message: "one more" } } as const;
    await using first = await aRun({ exported: hookAt(hook.url) });
    const announcer = announcerOf(first.run, quick);
    announcer.started();
    await first.run.journal.remark({ entry: "requested", ...asking });
    announcer.ended(ending(first.run, pending));
    await announcer.finish();
    const asked = {
      entry: "requested",
      promotion: "before",
      actor: "octo-dev",
      time: now.toISOString(),
    } as const;
    await using second = await aRun({ exported: hookAt(hook.url), entries: [{ ...asked, ...asking }] });
    const again = announcerOf(second.run, quick);
    again.started();
    again.ended(ending(second.run, pending));
    await again.finish();
    expect(told(hook).map(({ transition, promotion }) => [transition, promotion])).toEqual([
      ["started", first.run.id],
      ["pending", first.run.id],
    ]);
  });
});

describe("what a promotion's end is told as", () => {
  const codes = Object.keys(failureCodes) as FailureCode[];
  const reason = fc.record({ code: fc.constantFrom(...codes), message: fc.string() });
  const any = fc.record(
    {
      status: fc.constantFrom<PromotionResult["status"]>(
        "Pending",
        "Completed",
        "Failed",
        "RolledBack",
        "Cancelled",
      ),
      reason,
      backReason: reason,
    },
    { requiredKeys: ["status"] },
  );

  it.each([
    ["Completed", undefined, "completed"],
    ["RolledBack", undefined, "rolledBack"],
    ["Pending", undefined, "pending"],
    ["Cancelled", undefined, "cancelled"],
    ["Failed", undefined, "failed"],
    ["Failed", "NoRollbackTarget", "failed"],
    ["Failed", "RateLimited", "failed"],
    ["Failed", "RollbackIncomplete", "rollbackIncomplete"],
    ["Failed", "RollbackFailed", "rollbackFailed"],
  ] as const)("%s (%s): %s", async (status, code, transition) => {
    await using given = await aRun();
    const backReason = code && { backReason: { code, message: "x" } };
    expect(transitionOf(ending(given.run, { status, ...backReason }))).toBe(transition);
  });

  it("wakes somebody exactly when nothing goes on by itself", async () => {
    await using given = await aRun();
    fc.assert(
      fc.property(any, (change) => {
        const { reason: _, ...base } = ending(given.run);
        const result: PromotionResult = { ...base, ...change };
        const tidings = endTidings(result, given.run.id, nameOf(newer), nameOf(older));
        const notification = { ...tidings, app: "shop", environment: "production", who: "octo-dev", at: now };
        // A gate's refusal never becomes a result: only the way back is limited after that.
        fc.pre(result.backReason !== undefined || change.reason === undefined || !isEmergency(notification));
        expect(isEmergency(notification)).toBe(needsPerson(result));
        expect(tidings.next).toMatch(/\S/);
        expect(render(notification).title).toMatch(/^shop production: \S/);
      }),
    );
  });

  it.each([
    [
      "a person's way back",
      { kind: "rollback", release: older, before: newer, to: older },
      "went back from 1.1.0 to 1.0.0",
    ],
    [
      "an automatic one",
      { kind: "promote", release: newer, before: older, to: older },
      "went back to 1.0.0, 1.1.0 failed",
    ],
  ] as const)("%s names what was left and what runs", async (_, { kind, release, before, to }, said) => {
    await using hook = await receiver(200);
    const change = {
      release,
      before: { release: before, candidate: undefined, rollout: { attempt: 1, mode: "forward" } },
    } as const;
    await using given = await aRun({ exported: hookAt(hook.url), kind, change });
    const code = kind === "rollback" ? "Interrupted" : "StartFailed";
    const announcer = announcerOf(given.run, quick);
    announcer.ended(ending(given.run, { reason: { code, message: "wrong prices" }, runs: nameOf(to) }));
    await announcer.finish();
    expect(told(hook)[0]?.title).toBe(`shop production: ${said}`);
  });

  it("says that a release runs whose pin alone could not be written", async () => {
    await using given = await aRun();
    const result = ending(given.run, { status: "Failed", runs: nameOf(newer) });
    const tidings = endTidings(result, given.run.id, nameOf(newer), undefined);
    const { title } = render({
      ...tidings,
      app: "shop",
      environment: "production",
      who: "octo-dev",
      at: now,
    });
    expect(title).toBe("shop production: runs 1.1.0, but its promotion did not end");
    expect(tidings.next).toBe("liftlock resume production");
  });
});

describe("a resume tells", () => {
  const began = step("started", "killed", 0, { release: newer, previous: older });
  const over = step("ended", "killed", 5, { status: "Failed" });
  const revert = { steps: [{ name: "revert", seconds: 1, own: 1 }] };
  it.each([
    ["completed under the interrupted promotion's id", [began], { status: "Completed" }, "killed"],
    ["a way back under it too", [began], { status: "RolledBack" }, "killed"],
    ["a failure under its own: what fails again is told again", [began], { status: "Failed" }, "own"],
    ["nothing when only a checkout was brought up", [began, over], { status: "Completed" }, undefined],
    ["a way back although the journal had an end", [began, over], { status: "RolledBack", ...revert }, "own"],
    ["of a promotion that this journal does not know", [], { status: "Completed" }, "own"],
  ] as const)("%s", async (_, entries, change, as) => {
    await using given = await aRun({ kind: "resume" });
    const found = toldAs(given.run, ending(given.run, change), entries as unknown as readonly Entry[]);
    expect(found).toBe(as === "own" ? given.run.id : as);
  });

  it("no start", async () => {
    await using hook = await receiver(200);
    await using given = await aRun({ kind: "resume", exported: hookAt(hook.url) });
    const announcer = announcerOf(given.run, quick);
    announcer.started();
    announcer.ended(ending(given.run));
    await announcer.finish();
    expect(told(hook).map(({ transition }) => transition)).toEqual(["rolledBack"]);
  });
});

it("drift is told once a day for the same differences", async () => {
  await using hook = await receiver(200);
  await using given = await aRun({ exported: hookAt(hook.url) });
  const { context, target } = given.run;
  const report = (...names: string[]) => ({
    environment: "production",
    differences: names.map((resource) => ({ where: "cloud" as const, resource, what: "is gone" })),
    looked: { resources: 9, hosts: 2, images: 6 },
  });
  for (const found of [report("a"), report("a"), report(), report("a", "b")])
    await announceDrift(context, target, found, quick);
  expect(told(hook).map(({ why }) => why?.message)).toEqual(["a is gone", "a is gone and 1 more"]);
});

it.each([
  [
    { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "example/shop", GITHUB_RUN_ID: "7" },
    "https://github.com/example/shop/actions/runs/7",
  ],
  [{ GITHUB_SERVER_URL: "https://github.com", GITHUB_RUN_ID: "7" }, undefined],
  [{}, undefined],
])("the run's page of %o is %s", (variables, page) => {
  expect(runPage(variables)).toBe(page);
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { badInProduction } from "../../rehearsal/images/faulty-releases.ts";
import type { ShopFaults } from "../../rehearsal/images/shop.ts";
import { recordTests, stopDeployments } from "../../src/automation/decisions.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { planLift } from "../../src/automation/plan.ts";
import { pinnedRelease } from "../../src/automation/prepare.ts";
import { deploy, liftOfPromotion, promote } from "../../src/automation/promote.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { StackFile } from "../../src/automation/stackFile.ts";
import { environmentStatus } from "../../src/automation/status.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import type { Reason } from "../../src/plan/promotion.ts";
import type { Release } from "../../src/release/release.ts";
import { refusal, Scene } from "./scene.ts";
import { type Actor, actor, liftlock, type Ran } from "./stage.ts";

const scene = new Scene();
const limits = { promotionsPer: { count: 100 }, rollbacksPerHour: 100 };
const production = "Pulumi.production.yaml";

/** What production asks for, until the story is over. */
function demand(gates: object, approval?: object): void {
  new StackFile(scene.world.workDirectory, "production").set({ gates: { limits, ...gates }, approval });
}
afterEach(async () => {
  demand({});
  // A story that failed must not stop the next one.
  await stopDeployments(actor(scene.world).context, undefined, { lift: true });
});

/** Runs `liftlock` as somebody. */
const run = (args: readonly string[], login = "octo-dev"): Promise<Ran> =>
  liftlock(scene.world, args, { environment: { GITHUB_ACTOR: login } });

/** A release that staging runs and production does not. */
async function staged(faults?: ShopFaults): Promise<Release> {
  const release = await scene.release(faults);
  const { context } = actor(scene.world);
  const result = await deploy(context, { environment: "staging", release, allow: [] });
  expect(result.status).toBe("Completed");
  return release;
}

/** A driver in this process, as somebody. */
function driver(login = "octo-dev"): Actor {
  const who = actor(scene.world);
  who.context.actor = `${login}@github`;
  return who;
}

/** Promotes what staging runs into production. */
const lift = (): Promise<PromotionResult> =>
  promote(driver().context, { from: "staging", to: "production", allow: [] });

const journal = async (): Promise<Entry[]> => {
  const ledger = await actor(scene.world).context.ledger();
  return ledger.read("production");
};

/** Everything that a command could have touched. */
async function traces(): Promise<unknown> {
  const { hosts, workDirectory } = scene.world;
  return {
    file: readFileSync(join(workDirectory, production), "utf8"),
    entries: (await journal()).length,
    containers: hosts.hosts.map(({ engine }) => engine.containers().map(({ id }) => id)),
  };
}

const last = (ran: Ran) => ran.events.at(-1);

/** The command ended before anything was touched, and says so. */
function expectRefused(ran: Ran, code: string): void {
  expect(last(ran)).toMatchObject({ event: "failed", code });
  expect(ran.stderr).toContain(`Refused (${code}): `);
  expect(ran.exit).toBe(3);
}

function expectCompleted(ran: Ran, release: Release): void {
  expect(last(ran)).toMatchObject({ event: "promotion.finished", status: "Completed" });
  expect(ran.exit).toBe(0);
  scene.expectServing(release);
}

/** What would refuse a promotion now. */
async function refusalsNow(): Promise<Reason[]> {
  const { context } = driver();
  const wish = liftOfPromotion(context, { from: "staging", to: "production", allow: [] });
  const { refusals } = await planLift(context, wish);
  return refusals;
}

/** The stories follow each other: a release that was refused waits in staging for the next one. */
describe("gates", () => {
  it("soak refuses, a plan says so and touches nothing; an override with a reason is journaled and shown", async () => {
    const release = await staged();
    demand({ soak: 3600 });
    const before = await traces();
    const plan = await run(["plan"]);
    expect(plan.exit).toBe(3);
    expect(last(plan)).toMatchObject({ event: "plan", refusals: [{ code: "SoakTooShort" }] });
    expectRefused(await run(["promote"]), "SoakTooShort");
    expect(await traces()).toEqual(before);
    const ran = await run(["promote", "--override", "soak", "--reason", "a hotfix"]);
    expectCompleted(ran, release);
    const override = { gate: "soak", reason: "a hotfix", by: "octo-dev@github" };
    expect(last(ran)).toMatchObject({ overridden: [override] });
    expect(ran.stderr).toContain("In spite of:  soak (a hotfix, octo-dev@github)");
    const entry = { entry: "override", gate: "soak", why: "a hotfix", actor: "octo-dev@github" };
    expect(await journal()).toContainEqual(expect.objectContaining(entry));
  });

  it("a freeze refuses a promotion, and no way back", async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    demand({ freezes: [{ from: at(-1), to: at(1), reason: "stocktaking" }] });
    const back = await run(["rollback"]);
    expect(last(back)).toMatchObject({ status: "RolledBack", runs: { version: "1.0.0" } });
    expect(back.exit).toBe(0);
    scene.expectServing(pinnedRelease(driver().context.workspace.input("production")));
    expect((await refusal(lift())).code).toBe("FreezeWindow");
  });

  it("failed tests refuse; once they passed, the rate limit does", async () => {
    demand({ limits: { ...limits, promotionsPer: { count: 1, seconds: 3600 } } });
    const url = "https://ci.example.com/runs/7";
    expect((await run(["tests", "staging", "--failed", "--url", url])).exit).toBe(0);
    const refused = await refusal(lift());
    expect(refused.code).toBe("TestsFailed");
    expect(refused.hint).toContain(url);
    await recordTests(driver().context, "staging", "passed", undefined);
    expect((await refusal(lift())).code).toBe("RateLimited");
  });

  it("an emergency stop refuses everything but a way back, and is lifted", async () => {
    expect((await run(["stop", "--reason", "a fire drill"], "octo-lead")).exit).toBe(0);
    expect((await refusal(lift())).code).toBe("Stopped");
    const { context } = driver();
    const release = await scene.release();
    const deployment = deploy(context, { environment: "production", release, allow: [] });
    expect((await refusal(deployment)).code).toBe("Stopped");
    const status = await environmentStatus(context, "production");
    expect(status).toMatchObject({ stop: { by: "octo-lead@github", why: "a fire drill" } });
    expect(await rollback(context, { environment: "production" })).toMatchObject({ status: "RolledBack" });
    scene.expectServing(pinnedRelease(context.workspace.input("production")));
    expect((await run(["stop", "--lift"], "octo-lead")).exit).toBe(0);
    expect(await environmentStatus(context, "production")).not.toHaveProperty("stop");
  });

  it("a release that failed is vetoed until a person lifts it", async () => {
    const { version } = await staged(badInProduction);
    const failed = await run(["promote"]);
    expect(last(failed)).toMatchObject({ status: "RolledBack", reason: { code: "StartFailed" } });
    expect(failed.exit).toBe(4);
    expect(failed.stderr).toContain(`liftlock veto lift production ${version}`);
    expect((await refusal(lift())).code).toBe("Vetoed");
    const why = ["--reason", "the key is there now"];
    expect((await run(["veto", "lift", "production", version, ...why])).exit).toBe(0);
    expect(await refusalsNow()).toEqual([]);
  });
});

/** One release, three times: denied, approved as something else, approved. */
describe("approval", () => {
  const approval = { required: 1, by: ["octo-lead"], notInitiator: true };
  let release: Release;
  beforeAll(async () => {
    release = await staged();
  });
  beforeEach(() => demand({}, approval));

  it("denied is cancelled, with the reason that was given", async () => {
    const { promotion } = await lift();
    expect((await run(["deny", promotion, "--reason", "not on a Friday"], "octo-lead")).exit).toBe(0);
    const ran = await run(["promote"]);
    expect(last(ran)).toMatchObject({ status: "Cancelled", reason: { code: "ApprovalDenied" } });
    expect(ran.stderr).toContain("not on a Friday");
    expect(ran.exit).toBe(3);
  });

  it("waits, counts only those who may approve, is void for anything else, and goes on", async () => {
    const ran = await run(["promote"]);
    expect(last(ran)).toMatchObject({ status: "Pending", reason: { code: "ApprovalPending" } });
    expect(ran.stderr).toContain("Waits for approval (ApprovalPending)");
    expect(ran.exit).toBe(3);
    const { promotion } = last(ran) as unknown as { promotion: string };
    const pending = await run(["pending"]);
    expect(last(pending)).toMatchObject({ pending: [{ promotion, needed: 1, approvals: [] }] });
    expectRefused(await run(["approve", promotion]), "ApprovalDenied");
    const approved = await run(["approve", promotion], "octo-lead");
    expect(last(approved)).toMatchObject({ by: "octo-lead", approvals: ["octo-lead"] });

    const file = new StackFile(scene.world.workDirectory, "production");
    const { fleet } = file.read();
    file.set({ fleet: { ...fleet, tags: ["changed"] } });
    const other = await lift();
    file.set({ fleet });
    expect(other).toMatchObject({ status: "Pending", reason: { code: "ApprovalVoid" } });

    expectCompleted(await run(["promote"]), release);
  });
});

it("an audit proves the journal, and names the line that somebody edited", async () => {
  const sound = await run(["audit", "verify"]);
  expect(last(sound)).toMatchObject({
    environments: [
      { chain: { intact: true } },
      { chain: { intact: true }, comparison: { discrepancies: [] } },
    ],
  });
  expect(sound.exit).toBe(0);
  const { directory } = scene.world;
  const path = join(directory, "state", ".liftlock", "production", "journal.jsonl");
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, whole.replace('"why":"a hotfix"', '"why":"an agreed hotfix"'));
  const line = whole.split("\n").findIndex((text) => text.includes("a hotfix")) + 1;
  const broken = await run(["audit", "verify", "production"]);
  writeFileSync(path, whole);
  expect(last(broken)).toMatchObject({
    environments: [
      { chain: { intact: false, problems: [expect.objectContaining({ kind: "edited", line })] } },
    ],
  });
  expect(broken.exit).toBe(1);
});

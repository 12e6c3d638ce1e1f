import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { badInProduction } from "../../rehearsal/images/faulty-releases.ts";
import { resume } from "../../src/automation/resume.ts";
import { receiver } from "../notify/receiver.ts";
import { Scene } from "./scene.ts";
import { actor, pulumi } from "./stage.ts";

const scene = new Scene();
const run = promisify(execFile);
const routingKey = "0123456789abcdef0123456789ABCDEF";
let pager: Awaited<ReturnType<typeof receiver>>;

beforeAll(async () => {
  pager = await receiver(202);
  for (const setting of [
    ["liftlock:notify.pagerDuty.url", pager.url],
    ["--secret", "liftlock:notify.pagerDuty.routingKey", routingKey],
  ])
    await pulumi(scene.world, ["config", "set", ...setting, "--path", "--stack", "production"]);
});
afterAll(() => pager[Symbol.asyncDispose]());

/** Everything of this world that must not be seen. */
const secrets = () => [
  ...Object.values(scene.world.secrets).flatMap((all) => Object.values(all) as string[]),
  scene.world.registryToken,
  scene.world.environment["DIGITALOCEAN_TOKEN"] ?? "",
  scene.world.environment["GITHUB_TOKEN"] ?? "",
  readFileSync(scene.world.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "", "utf8").trim(),
  routingKey,
];

const reports = () => readdirSync(join(scene.world.workDirectory, ".liftlock", "incidents"));

/** An incident report, which nobody else may read and which holds no secret. */
function report(path: string | undefined): string {
  const file = join(scene.world.workDirectory, path ?? "");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, "utf8");
  expect(secrets().filter((secret) => secret === "" || text.includes(secret))).toEqual([]);
  return text;
}

const pages = () =>
  pager.received.map(({ body }) => (JSON.parse(body) as { event_action: string }).event_action);

it("a release that was taken back: what had changed, what failed, in its own words, and how long it took", async () => {
  const before = scene.serving;
  const bad = await scene.world.release("2.50.0", "3333333", badInProduction);
  const who = actor(scene.world);
  const result = await scene.lift(bad, who);
  scene.expectRolledBack(result, "StartFailed");
  expect(result.incident).toMatch(/^\.liftlock\/incidents\/\d{4}-\d\d-\d\d-production-2\.50\.0\.md$/);
  const text = report(result.incident);
  const expected = [
    "StartFailed",
    "    at connect (payments.js:41)",
    "exit code: 1",
    `From the first failure to healthy again: ${result.recoverySeconds?.toFixed(1)} s`,
    who.context.actor,
    result.promotion,
    `https://github.com/example/shop/compare/${before.commit}...3333333`,
    "| verifyRevert |",
    "### shop-production-2",
    ...Object.values(bad.images).map((image) => image.split("@")[1] ?? "no digest"),
  ];
  expect(expected.filter((part) => !text.includes(part))).toEqual([]);
  expect(result).not.toHaveProperty("instructions");
  expect(pages()).toEqual(["resolve"]);
});

it("an environment that nobody could bring back: somebody is paged, and what to type works as it is printed", async () => {
  const release = await scene.world.release("2.50.0", "4444444");
  const match = "^shop-production-1 connect";
  scene.world.faults.add({ part: "host", match, skip: 2, times: "always", action: { kind: "refuse" } });
  const result = await scene.lift(release);
  expect(result).toMatchObject({ status: "Failed", backReason: { code: "RollbackIncomplete" } });
  expect(pages().at(-1)).toBe("trigger");
  const text = report(result.incident);
  expect(text).toContain("RollbackIncomplete");
  expect(reports().filter((name) => name.includes("2.50.0"))).toHaveLength(2);
  const steps = result.instructions ?? [];
  expect(steps.filter((step) => !text.includes(step))).toEqual([]);
  scene.world.faults.clear();

  const typed = steps.flatMap((step) => /: (\(umask .*|ssh .*|rm .*)$/.exec(step)?.[1] ?? []);
  expect(typed).toHaveLength(6);
  const outputs: string[] = [];
  for (const command of typed) {
    // A person confirms the host key that the instructions name.
    const asked = command.replace(
      /^ssh /,
      "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ",
    );
    const options = { cwd: scene.world.workDirectory, env: { ...process.env, ...scene.world.environment } };
    outputs.push((await run("sh", ["-c", asked], options)).stdout);
  }
  expect(outputs[1]).toContain("shop-api-1");
  expect(outputs[2]).toContain("listening");
  expect(outputs[3]).toContain("shop-api-1");

  expect(await resume(actor(scene.world).context, "production")).toMatchObject({ status: "RolledBack" });
  expect(pages().at(-1)).toBe("resolve");
  scene.expectServing(scene.serving);
});

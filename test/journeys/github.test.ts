import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { Release } from "../../src/release/release.ts";
import { Scene } from "./scene.ts";
import { actor, checkout, configuration, liftlock, type Ran } from "./stage.ts";
import { present } from "./strategies.ts";

const scene = new Scene(1, { environments: ["production"] });
const patience = 600_000;

const hub = () => scene.world.github.state;

/** Values that nobody may ever see. */
const secrets = (): string[] => [
  ...Object.values(scene.world.secrets.production),
  scene.world.registryToken,
  scene.world.environment["GITHUB_TOKEN"] ?? "",
  scene.world.environment["DIGITALOCEAN_TOKEN"] ?? "",
];

function expectNoSecrets(text: string): void {
  for (const secret of secrets())
    for (const line of secret
      .trim()
      .split("\n")
      .filter((part) => part.length > 20 && !part.startsWith("-----")))
      expect(text).not.toContain(line);
}

const said = ({ events, stderr }: Ran): string =>
  `${events.map((event) => JSON.stringify(event)).join("\n")}\n${stderr}`;

/** Somebody writes another value over a secret at GitHub. */
function overwrite(name: string): void {
  const vault = hub().environments.get("production")?.vault;
  const secret = present(vault?.secrets.get(name));
  secret.value = "of somebody else";
  secret.updated_at = hub().now(secret.updated_at);
}

/** What production ran first. */
let first: Release;

/** A branch on which production has the first release again, or the one it serves, on other droplets. */
function branch(fleet: object, release = first): string {
  const directory = checkout(scene.world);
  const file = join(directory, "Pulumi.production.yaml");
  const stack = parse(readFileSync(file, "utf8")) as { config: Record<string, object> };
  stack.config["liftlock:release"] = release;
  stack.config["liftlock:fleet"] = { ...stack.config["liftlock:fleet"], ...fleet };
  writeFileSync(file, stringify(stack));
  return directory;
}

const value = (name: string) => scene.world.github.secret("production", name);

describe("the GitHub side", () => {
  it(
    "shows each promotion as a deployment with its state, and that the one before runs no more",
    async () => {
      first = scene.serving;
      const good = await scene.release();
      expect((await scene.lift(good)).status).toBe("Completed");
      scene.expectServing(good);
      const bad = await scene.release({ migrator: { exit: { code: 3, afterMilliseconds: 50 } } });
      expect((await scene.lift(bad)).status).toBe("RolledBack");
      const last = [...hub().deployments.values()].map(({ statuses }) => statuses.at(-1)?.state);
      expect(last.slice(-2)).toEqual(["success", "failure"]);
      expect(last.filter((state) => state === "success")).toHaveLength(1);
      expect(scene.world.github.requests.unknown()).toEqual([]);
    },
    patience,
  );

  it(
    "finds a secret that was overwritten, keeps one issue about it, and puts it back",
    async () => {
      const kept = value("DEPLOY_KEY");
      overwrite("DEPLOY_KEY");
      const sarif = join(scene.world.directory, "drift.sarif");
      const found = await liftlock(scene.world, ["drift", "production", "--sarif", sarif, "--issue"]);
      expect(found.exit).toBe(5);
      const report = found.events.find(({ event }) => event === "drift");
      expect(report?.["differences"]).toEqual([
        expect.objectContaining({ where: "github", what: expect.stringContaining("overwritten") }),
      ]);
      expect(found.events.at(-1)).toMatchObject({ event: "drift.issue", action: "opened" });
      expect(JSON.parse(readFileSync(sarif, "utf8"))).toMatchObject({
        version: "2.1.0",
        runs: [{ results: [{ ruleId: "drift/github" }] }],
      });
      const again = await liftlock(scene.world, ["drift", "production", "--issue"]);
      expect(again.events.at(-1)).toMatchObject({ event: "drift.issue", action: "unchanged" });

      const corrected = await liftlock(scene.world, ["drift", "production", "--correct", "--issue"]);
      expect(corrected.exit).toBe(0);
      expect(value("DEPLOY_KEY")).toBe(kept);
      expect(corrected.events.at(-1)).toMatchObject({ event: "drift.issue", action: "closed" });
      expect([...hub().issues.values()].map(({ state }) => state)).toEqual(["closed"]);
      for (const ran of [found, again, corrected]) expectNoSecrets(said(ran));
    },
    patience,
  );

  it(
    "accepts a secret that was overwritten, with a reason, and does not find it again",
    async () => {
      overwrite("DEPLOY_KEY");
      const accepted = await liftlock(scene.world, [
        "drift",
        "production",
        "--accept",
        "--reason",
        "theirs now",
      ]);
      expect(accepted.exit).toBe(0);
      expect(accepted.events.at(-1)).toMatchObject({ action: "accepted", before: [{ where: "github" }] });
      expect(value("DEPLOY_KEY")).toBe("of somebody else");
      expect((await liftlock(scene.world, ["drift", "production"])).exit).toBe(0);
    },
    patience,
  );

  it(
    "finds a pin that is not what the stack has deployed",
    async () => {
      const ran = await liftlock(scene.world, ["drift", "production"], { directory: branch({}) });
      expect(ran.exit).toBe(5);
      const report = ran.events.find(({ event }) => event === "drift") as unknown as {
        differences: { where: string; resource: string }[];
      };
      expect(report.differences).toContainEqual(
        expect.objectContaining({ where: "state", resource: "Pulumi.production.yaml" }),
      );
    },
    patience,
  );

  it(
    "previews the checkout as one comment that is updated in place",
    async () => {
      const { number } = hub().openIssue({ title: "More hosts", body: "", labels: [], pull: true });
      const args = ["preview", "production", "--comment", String(number)];
      const first = await liftlock(scene.world, args);
      expect(first.exit).toBe(0);
      expect(first.events.at(-1)).toMatchObject({ event: "preview.comment", action: "created" });
      const again = await liftlock(scene.world, args);
      expect(again.events.at(-1)).toMatchObject({ event: "preview.comment", action: "unchanged" });
      const comments = [...(hub().issues.get(number)?.comments.values() ?? [])];
      expect(comments).toHaveLength(1);
      expect(comments[0]?.body).toMatch(/^<!-- liftlock:preview:production -->\n/);
      expect(comments[0]?.body).toContain("s-1vcpu-2gb, $12");
      for (const text of [comments[0]?.body ?? "", said(first), said(again)]) expectNoSecrets(text);
    },
    patience,
  );

  it(
    "previews a branch: images old and new with their commits, gates, larger droplets and what they cost",
    async () => {
      const { number } = hub().openIssue({ title: "Back, and larger", body: "", labels: [], pull: true });
      const markdown = join(scene.world.directory, "preview.md");
      const ran = await liftlock(
        scene.world,
        ["preview", "production", "--comment", String(number), "--markdown", markdown],
        { directory: branch({ dropletSize: "s-2vcpu-4gb" }) },
      );
      expect(ran.exit).toBe(0);
      const [comment] = hub().issues.get(number)?.comments.values() ?? [];
      const body = comment?.body ?? "";
      for (const part of [
        `${scene.serving.version} → **${first.version}**`,
        `https://github.com/example/shop/compare/${scene.serving.commit}...${first.commit}`,
        "<summary>Gates: ",
        "✏️ update",
        "`size`",
        "**+$12** (1 × s-1vcpu-2gb, $12 → 1 × s-2vcpu-4gb, $24)",
      ])
        expect(body).toContain(part);
      expect(readFileSync(markdown, "utf8")).toBe(body);
      expectNoSecrets(`${body}\n${said(ran)}`);
      // Nothing was touched.
      scene.expectServing(scene.serving);
    },
    patience,
  );

  it(
    "previews a branch that would make the hosts anew: refused, and said so where people look",
    async () => {
      const { number } = hub().openIssue({ title: "Move", body: "", labels: [], pull: true });
      const args = ["preview", "production", "--comment", String(number)];
      const ran = await liftlock(scene.world, args, { directory: branch({ region: "ams3" }) });
      expect(ran.exit).toBe(3);
      const [comment] = hub().issues.get(number)?.comments.values() ?? [];
      expect(comment?.body).toContain("**UnsafeChange**");
      expect(comment?.body).toContain("### ❌ Preview of production");
      expectNoSecrets(`${comment?.body}\n${said(ran)}`);
    },
    patience,
  );

  it(
    "previews a branch that would open SSH to everybody: the policy refuses it, and what would deploy it",
    async () => {
      const directory = branch({ operators: ["0.0.0.0/0"] }, scene.serving);
      const { number } = hub().openIssue({ title: "Let me in", body: "", labels: [], pull: true });
      const ran = await liftlock(scene.world, ["preview", "production", "--comment", String(number)], {
        directory,
      });
      expect(ran.exit).toBe(3);
      const [comment] = hub().issues.get(number)?.comments.values() ?? [];
      for (const part of [
        "**PolicyViolated**",
        "<summary>Policy: 11 rules kept, 1 violated</summary>",
        "❌ sshRestricted",
      ])
        expect(comment?.body).toContain(part);
      const release = await scene.release();
      const result = await scene.lift(release, actor(scene.world, directory));
      expect(result).toMatchObject({ status: "Failed", reason: { code: "PolicyViolated" } });
      scene.expectServing(scene.serving);
    },
    patience,
  );

  it(
    "does not keep a secret that GitHub did not take, and takes no empty one",
    async () => {
      const file = join(scene.world.workDirectory, "Pulumi.production.yaml");
      const before = readFileSync(file, "utf8");
      const args = ["secrets", "rotate", "production", "DEPLOY_KEY"];
      scene.world.faults.add({
        part: "github",
        match: "PUT .*/secrets/DEPLOY_KEY",
        action: { kind: "status", status: 422 },
        times: "always",
      });
      const refused = await liftlock(scene.world, [...args, "--generate"]);
      expect(refused.exit).toBe(1);
      expect(readFileSync(file, "utf8")).toBe(before);
      scene.world.faults.clear();
      const empty = await liftlock(scene.world, args, { stdin: "\n" });
      expect(empty.exit).toBe(2);
      expect(empty.events.at(-1)).toMatchObject({ code: "UsageInvalid" });
      const kept = value("DEPLOY_KEY");
      const generated = await liftlock(scene.world, [...args, "--generate"]);
      expect(generated.exit).toBe(0);
      expect(value("DEPLOY_KEY")).not.toBe(kept);
      expect(value("DEPLOY_KEY")).toMatch(/^[\w-]{43}$/);
      expect(said(generated)).not.toContain(value("DEPLOY_KEY"));
    },
    patience,
  );

  it(
    "rotates a secret of GitHub's without touching a host, and one of the application's by deploying again",
    async () => {
      const attempt = () =>
        configuration(scene.world.workDirectory)["liftlock:rollout"] as { attempt: number };
      const before = attempt().attempt;
      const rotate = (name: string, stdin: string) =>
        liftlock(scene.world, ["secrets", "rotate", "production", name], { stdin });
      const atGitHub = await rotate("DEPLOY_KEY", "the-new-key-of-the-workflows\n");
      expect(atGitHub.exit).toBe(0);
      expect(value("DEPLOY_KEY")).toBe("the-new-key-of-the-workflows");
      expect(attempt().attempt).toBe(before);

      const application = await rotate("SESSION_SECRET", "the-new-secret-of-sessions\n");
      expect(application.exit).toBe(0);
      expect(application.events.at(-1)).toMatchObject({ result: { status: "Completed" } });
      expect(attempt().attempt).toBeGreaterThan(before);
      scene.expectServing(scene.serving);
      const file = readFileSync(join(scene.world.workDirectory, "Pulumi.production.yaml"), "utf8");
      for (const text of [file, said(atGitHub), said(application)]) {
        expect(text).not.toContain("the-new-key-of-the-workflows");
        expect(text).not.toContain("the-new-secret-of-sessions");
        expectNoSecrets(text);
      }

      const unknown = await rotate("SESSION_SECRETS", "anything-else");
      expect(unknown.exit).toBe(2);
      expect(unknown.events.at(-1)).toMatchObject({
        code: "UsageInvalid",
        message: expect.stringContaining("SESSION_SECRET"),
      });
    },
    patience,
  );
});

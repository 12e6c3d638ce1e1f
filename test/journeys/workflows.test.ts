import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { RunRecord } from "../../rehearsal/actions/runner.ts";
import { git } from "../../rehearsal/actions/uses/git.ts";
import { analysesOf } from "../../rehearsal/github/code-scanning.ts";
import { openPullRequest, pullRequestsOf } from "../../rehearsal/github/git.ts";
import { releasesOf } from "../../rehearsal/github/releases.ts";
import type { World } from "../../rehearsal/world/world.ts";
import { backUp } from "../../src/automation/backup.ts";
import type { Release } from "../../src/release/release.ts";
import { drift } from "../../src/workflows/drift.ts";
import { pinned } from "../../src/workflows/pinned.ts";
import { restoreDrill } from "../../src/workflows/restoreDrill.ts";
import { sqlIn } from "./database.ts";
import { type Forge, forge } from "./forge.ts";
import { actor, productionRuns, stage } from "./stage.ts";
import { hostNumber, present } from "./strategies.ts";

const patience = 300_000;

const told = ({ jobs }: RunRecord): string =>
  Object.entries(jobs)
    .map(
      ([name, { result, log, course }]) => `${name}: ${result}\n${JSON.stringify(course)}\n${log.join("\n")}`,
    )
    .join("\n");

/** Every file below a directory, as text. */
const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));

describe("workflows, executed", () => {
  let world: World;
  let shop: Forge;

  beforeAll(async () => {
    ({ world } = await stage(1, { backups: true }));
    shop = await forge(world, "1.0.0");
  }, 180_000);
  afterAll(async () => {
    await shop?.runner[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const pinOf = (environment: string) =>
    (parse(shop.fileOnMain(`Pulumi.${environment}.yaml`)) as { config: { "liftlock:release": Release } })
      .config["liftlock:release"];

  /** How the newest run of a workflow ended; all of its log where that is not what was expected. */
  function expectEnded(workflow: string, conclusion: string): RunRecord {
    const record = present(shop.runner.records.findLast(({ run }) => run.name === workflow));
    expect(record.run.conclusion === conclusion ? conclusion : told(record)).toBe(conclusion);
    return record;
  }

  /** File in git, stack and hosts say the same. */
  function expectAgreed(version: string): void {
    expect(pinOf("production").version).toBe(version);
    expect(productionRuns(world, pinOf("production"))).toBe(true);
    expect(shop.fileOnMain("Pulumi.production.yaml")).not.toContain("liftlock:candidate");
  }

  /** Runs what was asked for, with production's reviewer agreeing. */
  async function approved(): Promise<void> {
    await shop.approve("production");
    await shop.runner.idle();
  }

  const lastMessage = () => git(shop.remote, ["log", "-1", "--format=%B", "main"]);

  it(
    "lifts a push to main into staging and, approved, into production",
    async () => {
      writeFileSync(join(shop.clone, "services", "web", "index.html"), "<h1>Shop</h1>\n");
      shop.push("feat: say that it is a shop");
      await shop.waiting("production");
      expectEnded("release", "success");
      expectEnded("staging", "success");
      // Nothing has touched production before somebody agreed.
      expect(pinOf("production").version).toBe("1.0.0");
      expectAgreed("1.0.0");
      await approved();
      const { jobs } = expectEnded("promotion", "success");
      expect([...releasesOf(world.github.state).keys()]).toEqual(["v1.1.0"]);
      expect(pinOf("staging").version).toBe("1.1.0");
      expectAgreed("1.1.0");
      const { outputs, summary } = present(jobs["production"]);
      expect(outputs).toMatchObject({ status: "Completed", version: "1.1.0" });
      expect(lastMessage()).toContain(`Promotion: ${outputs["promotion"]}`);
      expect(summary).toMatch(/## ✅ 1\.1\.0 → production: Completed[\s\S]*\| deploy \|/);
    },
    patience,
  );

  it(
    "promotes nothing for a push that changes nothing users get",
    async () => {
      writeFileSync(join(shop.clone, "services", "web", "notes.txt"), "nothing\n");
      shop.push("chore: notes");
      await shop.runner.idle();
      const { jobs } = expectEnded("release", "success");
      expect(jobs["build"]?.result).toBe("skipped");
      expect(expectEnded("staging", "success").jobs["staging"]?.result).toBe("skipped");
      expect(expectEnded("promotion", "success").jobs["production"]?.result).toBe("skipped");
      expectAgreed("1.1.0");
    },
    patience,
  );

  it(
    "rolls back when an alert asks, and opens a pull request where main takes no pushes",
    async () => {
      shop.protect(true);
      await shop.ask("POST", "/dispatches", {
        event_type: "rollback",
        client_payload: { environment: "production", reason: "error rate" },
      });
      await approved();
      shop.protect(false);
      const { jobs } = expectEnded("rollback", "success");
      expect(jobs["rollback"]?.annotations.map(({ title }) => title)).toContain(
        "The pin waits in a pull request",
      );
      const [pull] = pullRequestsOf(world.github.state).values();
      expect(pull?.head).toMatch(/^liftlock\/pin-production-/);
      // Merged, everything agrees again.
      git(shop.clone, ["fetch", "--quiet", "origin", pull?.head ?? ""]);
      git(shop.clone, ["push", "--quiet", "origin", "FETCH_HEAD:main"]);
      expectAgreed("1.0.0");
    },
    patience,
  );

  it(
    "brings a chosen version by hand, and refuses one that nobody knows",
    async () => {
      const start = (version: string) =>
        shop.ask("POST", "/actions/workflows/production.yaml/dispatches", {
          ref: "main",
          inputs: { version },
        });
      expect((await start("1.1.0")).status).toBe(204);
      await approved();
      expectEnded("production", "success");
      expectAgreed("1.1.0");
      await start("7.7.7");
      await approved();
      const { jobs } = expectEnded("production", "failure");
      expect(jobs["production"]?.annotations).toContainEqual(
        expect.objectContaining({ level: "error", title: "VersionUnknown" }),
      );
      expectAgreed("1.1.0");
    },
    patience,
  );

  it(
    "finds drift, tells code scanning and keeps one issue for it",
    async () => {
      const host = hostNumber(world, 1);
      const docs = present(
        host.engine.containers().find(({ spec }) => spec.labels["com.docker.compose.service"] === "docs"),
      );
      const labels = { ...docs.spec.labels, "com.docker.compose.service": "debugger" };
      const container = host.engine.create({ ...docs.spec, name: "debugger", labels });
      await container.start();
      const hourly = { name: "schedule", cron: drift.on.schedule?.[0]?.cron ?? "", branch: "main" } as const;
      shop.runner.happen(hourly);
      await shop.runner.idle();
      const { jobs } = expectEnded("drift", "failure");
      expect(jobs["drift (staging)"]?.result).toBe("success");
      expect(jobs["drift (production)"]?.result).toBe("failure");
      expect(JSON.stringify(analysesOf(world.github.state))).toContain("debugger");
      const issues = () => [...world.github.state.issues.values()].filter(({ pull }) => !pull);
      expect(issues().map(({ state }) => state)).toEqual(["open"]);
      await container.stop(1);
      host.engine.remove(container);
      shop.runner.happen(hourly);
      await shop.runner.idle();
      expectEnded("drift", "success");
      expect(issues().map(({ state }) => state)).toEqual(["closed"]);
    },
    patience,
  );

  it(
    "restores the newest backup, and fails when it cannot",
    async () => {
      sqlIn(world, "create table orders (id int)");
      sqlIn(world, "insert into orders values (1)");
      await backUp(actor(world).context, "production");
      const weekly = {
        name: "schedule",
        cron: restoreDrill.on.schedule?.[0]?.cron ?? "",
        branch: "main",
      } as const;
      shop.runner.happen(weekly);
      await shop.runner.idle();
      expectEnded("restore-drill", "success");
      const bucket = present(world.storage.buckets.get("backups"));
      for (const key of bucket.keys()) if (key.includes("/data/")) bucket.delete(key);
      shop.runner.happen(weekly);
      await shop.runner.idle();
      expect(told(expectEnded("restore-drill", "failure"))).toContain("DrillFailed");
    },
    patience,
  );

  it(
    "previews a pull request, and applies it once merged",
    async () => {
      const { state: hub } = world.github;
      const { number } = openPullRequest(hub, { title: "feat: more", body: "", head: "more", base: "main" });
      const paths = ["Pulumi.production.yaml"];
      shop.runner.happen({ name: "pull_request", branch: "main", paths, number, fork: false });
      await shop.runner.idle();
      expectEnded("infrastructure", "success");
      const comments = [...(hub.issues.get(number)?.comments.values() ?? [])];
      expect(comments.map(({ body }) => body).join("\n")).toMatch(/production/);

      appendFileSync(join(shop.clone, "Pulumi.yaml"), "\n");
      shop.push("chore: nothing but a line");
      const pull = present(pullRequestsOf(hub).get(number));
      pull.mergedAs = git(shop.remote, ["rev-parse", "main"]);
      await approved();
      expectEnded("infrastructure", "success");
      const said = [...(hub.issues.get(number)?.comments.values() ?? [])].map(({ body }) => body).join("\n");
      expect(said).toContain("Applied to production: **success**");
      expectAgreed("1.1.0");
    },
    patience,
  );

  it(
    "gets no secret for somebody else's fork",
    async () => {
      shop.runner.happen({
        name: "pull_request",
        branch: "main",
        paths: ["Pulumi.yaml"],
        number: 99,
        fork: true,
      });
      await shop.runner.idle();
      const { jobs } = expectEnded("infrastructure", "success");
      expect(jobs["preview"]?.result).toBe("skipped");
    },
    patience,
  );

  it(
    "cleans up every day",
    async () => {
      shop.runner.happen({ name: "schedule", cron: "41 3 * * *", branch: "main" });
      await shop.runner.idle();
      const { run } = expectEnded("cleanup", "success");
      expect([...run.artifacts.keys()]).toEqual(["cleanup"]);
      expectAgreed("1.1.0");
    },
    patience,
  );

  it(
    "gives other repositories the same in three lines",
    async () => {
      const secrets = ["DIGITALOCEAN_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];
      const env = {
        ...Object.fromEntries(secrets.map((name) => [name, `\${{ secrets.${name} }}`])),
        GITHUB_TOKEN: "${{ secrets.REPOSITORY_TOKEN }}",
        PULUMI_BACKEND_URL: "${{ vars.PULUMI_BACKEND_URL }}",
      };
      const promote = { id: "it", uses: "./", "continue-on-error": true, env, with: { command: "promote" } };
      const unknown = { id: "bad", uses: "./", "continue-on-error": true, with: { command: "destroy" } };
      const { name: checkout, commit } = pinned.checkout;
      const text = stringify({
        name: "other",
        on: { workflow_dispatch: {} },
        jobs: {
          a: {
            "runs-on": "ubuntu-24.04",
            environment: "production-watch",
            permissions: { contents: "read" },
            outputs: { reason: "${{ steps.it.outputs.reason }}", bad: "${{ steps.bad.outcome }}" },
            steps: [{ uses: `${checkout}@${commit}` }, promote, unknown],
          },
        },
      });
      writeFileSync(join(shop.clone, ".github", "workflows", "other.yaml"), text);
      shop.push("ci: another");
      await shop.runner.idle();
      shop.runner.happen({ name: "workflow_dispatch", workflow: "other.yaml", branch: "main", inputs: {} });
      await shop.runner.idle();
      const { jobs } = expectEnded("other", "success");
      expect(jobs["a"]?.outputs).toEqual({ reason: "NothingToPromote", bad: "failure" });
      expect(jobs["a"]?.annotations.map(({ title }) => title)).toEqual(["NothingToPromote", "UsageInvalid"]);
    },
    patience,
  );

  it("writes no secret anywhere", () => {
    const { staging, production } = world.secrets;
    const passphrase = readFileSync(world.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "", "utf8");
    const lines = [staging, production].flatMap((own) =>
      Object.values(own).flatMap((value) => value.split("\n")),
    );
    const secrets = [
      ...lines.map((line) => line.trim()).filter((line) => line.length > 20 && !line.startsWith("-----")),
      world.environment["DIGITALOCEAN_TOKEN"] ?? "",
      world.environment["GITHUB_TOKEN"] ?? "",
      world.registryToken,
      passphrase.trim(),
      ...world.signingKey.privateKey
        .split("\n")
        .filter((line) => line.length > 20 && !line.startsWith("-----")),
    ];
    expect(secrets.every((secret) => secret.length > 10)).toBe(true);
    const { state: hub } = world.github;
    const seen = [
      ...shop.runner.logs(),
      ...filesBelow(join(shop.directory, "runner", "artifacts")),
      ...filesBelow(join(shop.clone)),
      JSON.stringify(
        [...hub.issues.values()].map(({ comments, ...issue }) => [issue, [...comments.values()]]),
      ),
      JSON.stringify([...hub.deployments.values()]),
      JSON.stringify(analysesOf(hub)),
    ].join("\n");
    // No step has even printed one: the masks had nothing to hide.
    const hidden = shop.runner.records.flatMap(({ run, jobs }) =>
      Object.entries(jobs).flatMap(([name, job]) => (job.hidden > 0 ? [`${run.name}/${name}`] : [])),
    );
    expect(hidden).toEqual([]);
    // The search would find something: this is in every log.
    expect(seen).toContain("Checked out");
    for (const secret of secrets) {
      expect(seen.includes(secret)).toBe(false);
      expect(seen.includes(Buffer.from(secret).toString("base64"))).toBe(false);
    }
    expect(seen).not.toMatch(/ghs_[0-9a-f]{36}/);
  });

  it("asks GitHub for nothing that its jobs may not do", () => {
    expect(shop.runner.denied).toEqual([]);
  });
});

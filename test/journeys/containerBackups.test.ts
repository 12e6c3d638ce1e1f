/** Backups on a real host: the real restic, systemd's timer, and a container engine, in a container of this machine's engine. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ContainerHosts } from "../../rehearsal/host/container/container-hosts.ts";
import { startWorld, type World } from "../../rehearsal/world/world.ts";
import { backUp, drill, listBackups } from "../../src/automation/backup.ts";
import { makeContext } from "../../src/automation/makeContext.ts";
import { deploy } from "../../src/automation/promote.ts";
import { restoreBackup } from "../../src/automation/restoreBackup.ts";
import { onContainers } from "../rehearsal/host/container/enabled.ts";
import { type Ran, run } from "../rehearsal/host/ssh.ts";
import { refusal } from "./scene.ts";
import { pulumi } from "./stage.ts";

onContainers();

const long = 540_000;

/** A world of one production host that runs a release, and its database has rows. */
class Site implements AsyncDisposable {
  readonly world: World<ContainerHosts>;
  private address = "";

  private constructor(world: World<ContainerHosts>) {
    this.world = world;
  }

  static async start(): Promise<Site> {
    const directory = mkdtempSync(join(tmpdir(), "liftlock-backups-"));
    const world = await startWorld({ directory, platform: "containers", hosts: 1, backups: true });
    const site = new Site(world);
    Object.assign(process.env, world.environment);
    const command = ["up", "--yes", "--skip-preview", "--stack", "production"];
    const { exit, output } = await pulumi(world as unknown as World, command);
    expect([exit, output]).toEqual([0, expect.anything()]);
    const release = await world.release("1.0.0", "1111111");
    const deployed = await deploy(site.context(), { environment: "production", release, allow: [] });
    expect(deployed.status).toBe("Completed");
    using target = await site.context().workspace.open("production");
    site.address = target.outputs.hosts[0]?.address ?? "";
    await site.sql("create table orders (id int)");
    await site.sql("insert into orders values (1), (2)");
    return site;
  }

  context() {
    const { world } = this;
    const { workDirectory, environment } = world;
    return makeContext({ workDirectory, world, environment, notify: () => undefined });
  }

  /** Runs a command on the host. */
  execute(command: string, user = "liftlock"): Promise<Ran> {
    const { ports, secrets } = this.world;
    const { privateKey } = secrets.production;
    return run({ address: this.address, port: ports.ssh, user, privateKey }, command);
  }

  async sql(text: string): Promise<string> {
    const find = "docker ps --quiet --filter label=com.docker.compose.service=postgres";
    const ran = await this.execute(
      `docker exec $(${find}) psql --username shop --dbname shop --command "${text}"`,
    );
    expect(ran.stderr).toBe("");
    return ran.stdout.trim();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

/** Changes every piece of content in the storage. */
function damage({ storage }: World<ContainerHosts>): void {
  const bucket = storage.buckets.get("backups") ?? new Map<string, never>();
  for (const [key, object] of bucket) {
    if (!key.includes("/data/")) continue;
    const bytes = Buffer.from(object.bytes.map((byte, at) => (at % 40 === 0 ? byte ^ 1 : byte)));
    bucket.set(key, { ...object, bytes });
  }
}

describe("backups on a real host", () => {
  it("are taken, proven and brought back, by the real program", { timeout: long }, async () => {
    await using site = await Site.start();
    const production = { environment: "production" };
    const taken = await backUp(site.context(), "production");
    expect(taken.bytes).toBeGreaterThan(0);
    const proof = await drill(site.context(), production);
    expect(proof.databases).toEqual([{ service: "postgres", name: "shop", tables: 1 }]);

    await site.sql("insert into orders values (3)");
    const subject = { kind: "database", name: "postgres" } as const;
    const restored = await restoreBackup(site.context(), { ...production, subject });
    expect(restored.services).toBeGreaterThan(0);
    expect(await site.sql("select count(*) from orders")).toBe("2");
    expect((await listBackups(site.context(), "production")).problems).toEqual([]);
    expect((await site.execute("docker ps --all --quiet --filter label=liftlock.backup")).stdout).toBe("");

    // By the timer's unit, as if a day had passed.
    const newest = async () => (await listBackups(site.context(), "production")).snapshots[0]?.id;
    const before = await newest();
    await site.execute("sed -i 's/^at .*/at 0/' liftlock/shop/backup/last");
    const started = await site.execute("systemctl start liftlock-backup.service", "root");
    expect(started).toMatchObject({ code: 0, stderr: "" });
    expect(await newest()).not.toBe(before);

    damage(site.world);
    expect((await refusal(drill(site.context(), production))).code).toBe("DrillFailed");

    const timer = await site.execute(
      "systemctl show --property=ActiveState liftlock-backup.timer; systemctl cat liftlock-backup.service",
    );
    expect(timer.stdout).toContain("ActiveState=active");
    expect(timer.stdout).toContain("User=liftlock");
  });
});

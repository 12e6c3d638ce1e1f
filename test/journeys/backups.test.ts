import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { backUp, drill } from "../../src/automation/backup.ts";
import { restoreBackup } from "../../src/automation/restoreBackup.ts";
import { environmentStatus } from "../../src/automation/status.ts";
import { run } from "../rehearsal/host/ssh.ts";
import { sqlIn } from "./database.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, liftlock, type Ran } from "./stage.ts";
import { hostNumber, present } from "./strategies.ts";

const realRestic = process.env["LIFTLOCK_REAL_RESTIC"];

const scene = new Scene(1, { environments: ["production"], backups: true });
const patience = 120_000;

const host = () => hostNumber(scene.world, 1);
const home = () => join(host().home("liftlock"), "liftlock", "shop");
const bucket = () => present(scene.world.storage.buckets.get("backups"));
const objects = (kind: string) =>
  [...bucket().keys()].filter((key) => key.startsWith(`shop-production/${kind}/`));

const sql = (text: string) => sqlIn(scene.world, text);

const last = ({ events }: Ran) => present(events.at(-1));

/** No throw-away container, no dump in the clear. */
function expectNothingLeft(): void {
  const throwaway = host()
    .engine.containers()
    .filter(({ spec }) => "liftlock.backup" in spec.labels);
  expect(throwaway).toEqual([]);
  expect(readdirSync(join(home(), "backup"))).not.toContain("work");
  expect([...host().engine.volumes].filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual([]);
}

const context = () => actor(scene.world).context;
const backUpNow = () => backUp(context(), "production");
const drillNow = () => drill(context(), { environment: "production" });
/** What the status warns of, without anything that fails it. */
async function problems(): Promise<string[]> {
  const { problems: failing, warnings = [] } = await environmentStatus(context(), "production");
  expect(failing).toEqual([]);
  return warnings;
}

/** What the host's timer does every ten minutes. */
async function asTheTimer(): Promise<string> {
  const { stdout } = await run(
    {
      address: host().droplet.address,
      port: scene.world.ports.ssh,
      user: "liftlock",
      privateKey: scene.world.secrets.production.privateKey,
    },
    '"$HOME/liftlock/shop/backup/run" scheduled',
  );
  return stdout;
}

/** The host's scripts with the real program, where one is named, against the same storage. */
function installRestic(): void {
  if (realRestic === undefined) return;
  const program = join(host().home("liftlock"), "..", "..", "bin", "restic");
  copyFileSync(realRestic, program);
  chmodSync(program, 0o755);
}

describe("backups", () => {
  beforeAll(() => {
    installRestic();
    sql("create table orders (id int, what text)");
    sql("insert into orders values (1, 'a lamp'), (2, 'a chair')");
  });

  it(
    "are taken off the host, encrypted, and are listed with what is in them",
    async () => {
      expect(await problems()).toEqual([expect.stringContaining("there is no backup yet")]);
      const taken = await liftlock(scene.world, ["backup", "production"]);
      expect(last(taken)).toMatchObject({ event: "backup", environment: "production" });
      expect(taken.exit).toBe(0);
      const listed = await liftlock(scene.world, ["backups", "production"]);
      expect(listed.exit).toBe(0);
      expect(last(listed)).toMatchObject({
        event: "backups",
        problems: [],
        snapshots: [{ databases: ["postgres.shop"], volumes: [], release: scene.serving.version }],
      });
      expect(await problems()).toEqual([]);
      expectNothingLeft();
      const stored = Buffer.concat([...bucket().values()].map(({ bytes }) => bytes)).toString("latin1");
      expect(stored).not.toContain("a lamp");
      expect(stored).not.toContain(scene.world.secrets.production.SESSION_SECRET);
    },
    patience,
  );

  it(
    "restore, which a drill proves, and leaves nothing",
    async () => {
      const before = host().engine.containers().length;
      const drilled = await liftlock(scene.world, ["drill", "production"]);
      expect(last(drilled)).toMatchObject({
        event: "drill",
        databases: [{ service: "postgres", name: "shop", tables: 1 }],
      });
      expect(drilled.exit).toBe(0);
      expect(host().engine.containers()).toHaveLength(before);
      expectNothingLeft();
      // The one that runs was not touched.
      expect(sql("select count(*) from orders")).toBe("2");
      const { events } = await liftlock(scene.world, ["metrics"]);
      expect(events.at(-1)).toMatchObject({
        backups: [{ environment: "production", drilled: { passed: true } }],
      });
    },
    patience,
  );

  it(
    "that are not whole fail the drill, by whatever is wrong with them",
    async () => {
      for (const spoil of ["changed", "lost"]) {
        sql(`insert into orders values (3, '${spoil}')`);
        await backUpNow();
        const kept = new Map(bucket());
        for (const key of objects("data")) {
          const object = present(bucket().get(key));
          if (spoil === "lost") bucket().delete(key);
          else {
            const bytes = Buffer.from(object.bytes);
            bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
            bucket().set(key, { ...object, bytes });
          }
        }
        expect((await refusal(drillNow())).code).toBe("DrillFailed");
        expectNothingLeft();
        expect(await problems()).toEqual([expect.stringContaining("the last drill failed")]);
        for (const [key, object] of kept) bucket().set(key, object);
        await drillNow();
        expect(await problems()).toEqual([]);
      }
    },
    patience,
  );

  it(
    "without what the application needs fail the drill: an empty table restores, and is no backup",
    async () => {
      sql("drop table orders");
      sql("create table orders (id int, what text)");
      await backUpNow();
      const drilled = await liftlock(scene.world, ["drill", "production"]);
      expect(last(drilled)).toMatchObject({ event: "failed", code: "DrillFailed" });
      expect(String(last(drilled)["message"])).toContain("the check of shop");
      sql("insert into orders values (4, 'a table')");
      await backUpNow();
      await drillNow();
    },
    patience,
  );

  it(
    "fail while the storage is down, and the status says so",
    async () => {
      scene.world.faults.add({ part: "storage", match: ".", action: { kind: "refuse" }, times: "always" });
      const taken = await liftlock(scene.world, ["backup", "production"]);
      expect(last(taken)).toMatchObject({ event: "failed", code: "BackupFailed" });
      expect(taken.exit).toBe(1);
      expect(await problems()).toEqual([expect.stringContaining("the last backup failed")]);
      expectNothingLeft();
      scene.world.faults.clear();
      await backUpNow();
      expect(await problems()).toEqual([]);
    },
    patience,
  );

  it(
    "go on after one that was killed",
    async () => {
      // In the middle of its drill, the host loses its power.
      scene.world.faults.add({
        part: "host",
        match: "docker exec --interactive \\w+ pg_restore --exit-on-error",
        action: { kind: "delay", milliseconds: 60_000 },
      });
      const drilled = liftlock(scene.world, ["drill", "production"]);
      await expect
        .poll(() => scene.world.faults.history.filter(({ action }) => action.kind === "delay").length, {
          timeout: 60_000,
        })
        .toBe(1);
      await scene.world.hosts.powerOff(host().droplet.id);
      expect((await drilled).exit).toBe(1);
      await scene.world.hosts.powerOn(host().droplet.id);
      // A host that boots has its stand-ins again.
      installRestic();
      expect(readdirSync(join(home(), "backup"))).toContain("work");
      await expect.poll(() => problems().catch(() => ["not yet"]), { timeout: 60_000 }).toEqual([]);
      await backUpNow();
      expectNothingLeft();
      await drillNow();
      expectNothingLeft();
    },
    patience,
  );

  it(
    "are brought back, in one transaction, with what was there before as one more",
    async () => {
      await backUpNow();
      const rows = sql("select count(*) from orders");
      sql("insert into orders values (5, 'a mistake'), (6, 'another')");
      const wish = ["restore", "production", "--service", "postgres"];
      expect((await liftlock(scene.world, wish)).exit).toBe(2);
      const restored = await liftlock(scene.world, [...wish, "--confirm", "production"]);
      expect(last(restored)).toMatchObject({ event: "restore", kind: "database", name: "postgres.shop" });
      expect(restored.exit).toBe(0);
      expect(sql("select count(*) from orders")).toBe(rows);
      scene.expectServing(scene.serving);
      expectNothingLeft();
      // What was there before can be had again.
      const { before } = last(restored) as unknown as { before: string };
      await restoreBackup(context(), {
        environment: "production",
        subject: { kind: "database", name: "postgres" },
        snapshot: before,
      });
      expect(sql("select count(*) from orders")).toBe(String(Number(rows) + 2));
    },
    patience,
  );

  it(
    "that cannot be brought back change nothing, and all services run again",
    async () => {
      await backUpNow();
      const rows = sql("select count(*) from orders");
      scene.world.faults.add({
        part: "host",
        match: "docker exec --interactive \\w+ pg_restore --clean",
        action: { kind: "status", status: 1, message: "FATAL: out of memory" },
      });
      const wish = {
        environment: "production",
        subject: { kind: "database", name: "postgres.shop" },
      } as const;
      const failure = await refusal(restoreBackup(context(), wish));
      expect(failure.code).toBe("RestoreFailed");
      expect(sql("select count(*) from orders")).toBe(rows);
      scene.expectServing(scene.serving);
      expectNothingLeft();
      const subject = { kind: "volume", name: "unknown" } as const;
      expect((await refusal(restoreBackup(context(), { ...wish, subject }))).code).toBe("UsageInvalid");
    },
    patience,
  );

  it(
    "come by themselves when they are due, and only then",
    async () => {
      expect(await asTheTimer()).toBe("");
      const file = join(home(), "backup", "last");
      writeFileSync(
        file,
        readFileSync(file, "utf8").replace(/^at .*/m, `at ${Math.floor(Date.now() / 1000) - 7_300}`),
      );
      expect(await problems()).toEqual([expect.stringContaining("old, one is due every 1 h")]);
      const count = objects("snapshots").length;
      expect(await asTheTimer()).toContain("snapshot ");
      expect(objects("snapshots")).toHaveLength(count + 1);
      expect(await problems()).toEqual([]);
    },
    patience,
  );

  it(
    "keep no promotion waiting, cost it no connection, and do not begin beside one",
    async () => {
      const before = host().sessions.logins;
      const next = await scene.release();
      expect((await scene.lift(next)).status).toBe("Completed");
      scene.expectServing(next);
      expect(host().sessions.logins - before).toBeLessThanOrEqual(3);
      const ledger = await context().ledger();
      await using _lease = await ledger.acquire("production", { promotion: "held", actor: "octo-dev" });
      for (const work of [backUpNow(), drillNow()])
        expect((await refusal(work)).code).toBe("PromotionInProgress");
    },
    patience,
  );

  it(
    "tell no secret to anybody",
    async () => {
      const { backupSecrets, secrets } = scene.world;
      const { context, messages } = actor(scene.world);
      const journal = JSON.stringify(await (await context.ledger()).read("production"));
      const listed = await liftlock(scene.world, ["backups", "production"]);
      const told = [journal, JSON.stringify(messages), JSON.stringify(listed)].join("\n");
      for (const secret of [
        backupSecrets.secret,
        backupSecrets.password,
        secrets.production.POSTGRES_PASSWORD,
      ])
        expect(told).not.toContain(secret);
    },
    patience,
  );
});

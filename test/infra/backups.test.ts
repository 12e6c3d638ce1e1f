import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type BackupArgs, backupPayload } from "../../infra/backups.ts";

const directory = mkdtempSync(join(tmpdir(), "liftlock-backups-"));
const place = join(directory, "liftlock", "shop", "backup");

afterEach(() => rmSync(join(directory, "liftlock"), { recursive: true, force: true }));

const args: Omit<BackupArgs, "host" | "ssh"> = {
  app: "shop",
  label: "shop-production",
  repository: "s3:https://storage.example.com/bucket/path",
  password: 'it\'s a "secret" $HOME\n',
  accessKey: "key",
  secretKey: "secret",
  schedule: { period: 86_400, offset: 9_000 },
  keep: { daily: 7, weekly: 5, monthly: 12 },
  databases: [{ service: "postgres", name: "shop", user: "shop", check: "select 'a b' = 'a b'" }],
  volumes: ["files"],
};

const payload = (more: Partial<BackupArgs> = {}) => backupPayload({ ...args, ...more } as BackupArgs);

function run(name: "install" | "remove", input: string): void {
  const script = join(import.meta.dirname, "..", "..", "infra", "host", "backup", `${name}.sh`);
  execFileSync("sh", [script], { input, env: { ...process.env, HOME: directory } });
}

describe("the program of backups", () => {
  it("is put on a host with settings and credentials that nobody else can read", () => {
    run("install", payload());
    expect(readFileSync(join(place, "password"), "utf8")).toBe(args.password);
    for (const file of ["password", "secret", "access", "settings", "repository"])
      expect(statSync(join(place, file)).mode & 0o777).toBe(0o600);
    expect(statSync(join(place, "run")).mode & 0o777).toBe(0o700);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    const check = Buffer.from("select 'a b' = 'a b'").toString("base64");
    expect(readFileSync(join(place, "settings"), "utf8")).toBe(
      `label shop-production\nperiod 86400\noffset 9000\ndaily 7\nweekly 5\nmonthly 12\ndatabase postgres shop shop ${check}\nvolume files\n`,
    );
    expect(spawnSync("sh", ["-n", join(place, "run")]).status).toBe(0);
  });

  it("is the same text for the same arguments: where nothing changed, no host is asked anything", () => {
    expect(payload()).toBe(payload());
    expect(payload()).not.toBe(payload({ volumes: [] }));
  });

  it("has no value in its own text", () => {
    run("install", payload());
    const program = readFileSync(join(place, "run"), "utf8");
    for (const value of [args.password, "storage.example.com", "shop-production"])
      expect(program).not.toContain(value);
  });

  it("goes with everything that it has", () => {
    run("install", payload());
    run("remove", payload());
    expect(existsSync(place)).toBe(false);
    // Once more, where there is nothing.
    run("remove", payload());
  });

  it.each(["", "app \n", "app ../..\n"])("is not removed by %j, which names nothing", (input) => {
    run("install", payload());
    writeFileSync(join(directory, "kept"), "");
    run("remove", input);
    expect(existsSync(join(place, "run"))).toBe(true);
    expect(existsSync(join(directory, "kept"))).toBe(true);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readApplication } from "../../stacks/application.ts";
import { parseConfig } from "../../stacks/config.ts";
import { backupSchedule, backupsIn } from "../../stacks/schema/backups.ts";

const hour = 3600;
const day = 24 * hour;

/** The first time of a schedule at or after a moment. */
function next(text: string, from: string): string {
  const { period, offset } = backupSchedule(text) ?? { period: 0, offset: 0 };
  const seconds = Date.parse(from) / 1000;
  return new Date((Math.ceil((seconds - offset) / period) * period + offset) * 1000).toISOString();
}

describe("the schedule of backups", () => {
  // As `systemd-analyze calendar` of systemd 252 says, with UTC.
  it.each([
    ["hourly", "2026-03-10T12:20:00Z", "2026-03-10T13:00:00.000Z"],
    ["daily", "2026-03-10T12:20:00Z", "2026-03-11T00:00:00.000Z"],
    ["weekly", "2026-03-10T12:20:00Z", "2026-03-16T00:00:00.000Z"],
    ["02:30", "2026-03-10T12:20:00Z", "2026-03-11T02:30:00.000Z"],
    ["*-*-* 02:30:00", "2026-03-10T02:20:00Z", "2026-03-10T02:30:00.000Z"],
    ["Sun 02:30", "2026-03-10T12:20:00Z", "2026-03-15T02:30:00.000Z"],
    ["Thu *-*-* 23:59", "2026-03-12T23:59:00Z", "2026-03-12T23:59:00.000Z"],
  ])("%s after %s is %s", (text, from, expected) => {
    expect(next(text, from)).toBe(expected);
  });

  it.each(["", "monthly", "25:00", "02:60", "Sunday 02:30", "*:0/5", "02:30:15", "daily; rm -rf ~"])(
    "%j is none",
    (text) => {
      expect(backupSchedule(text)).toBeUndefined();
    },
  );

  it("comes within its own period, whatever it is", () => {
    const time = fc.tuple(
      fc.constantFrom("", "Mon ", "Wed ", "Thu ", "Sun "),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
    );
    fc.assert(
      fc.property(time, ([weekday, h, m]) => {
        const two = (n: number) => String(n).padStart(2, "0");
        const found = backupSchedule(`${weekday}${two(h)}:${two(m)}`);
        expect(found?.period).toBe(weekday === "" ? day : 7 * day);
        expect(found?.offset).toBeLessThan(found?.period ?? 0);
      }),
    );
  });
});

describe("the configuration of backups", () => {
  const usual = {
    repository: "s3:https://fra1.digitaloceanspaces.com/shop-backups/production",
    password: "p",
    accessKey: "a",
    secretKey: "s",
  };
  const parse = (more: object) => backupsIn("program").safeParse({ ...usual, ...more });

  it("has the specification's figures where nothing is said", () => {
    expect(parse({}).data).toMatchObject({
      schedule: "daily",
      keep: { daily: 7, weekly: 5, monthly: 12 },
      databases: [],
      volumes: [],
    });
  });

  it.each([
    ["repository", "s3:http://storage.example.com/bucket"],
    ["repository", "s3:https://key:secret@storage.example.com/bucket"],
    ["repository", "sftp:host:/backups"],
    ["repository", "s3:https://storage.example.com"],
    ["schedule", "now and then"],
    ["keep", { daily: 0 }],
    ["volumes", ["../etc"]],
    ["databases", [{ service: "postgres", name: "shop; drop", user: "shop" }]],
    ["databases", [{ service: "postgres", name: "-shop", user: "shop" }]],
    ["password", ""],
  ])("refuses %s %j", (key, value) => {
    expect(parse({ [key]: value }).success).toBe(false);
  });
});

describe("what is backed up", () => {
  const variables = ["APP_ENV", "HTTP_PORT", "PAYMENT_MODE", "POSTGRES_IMAGE", "PUBLIC_URL"];
  const secrets = ["PLANNER_API_KEY", "POSTGRES_PASSWORD", "SESSION_SECRET"];
  const values = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "x"]));
  const read = (backups: object) => {
    const raw = {
      "liftlock:app": "shop",
      "liftlock:fleet": { size: 1, region: "fra1", operators: ["203.0.113.0/24"] },
      "liftlock:ssh": { privateKey: "k", hostKeySeed: "s" },
      "liftlock:environment": { variables: values(variables), secrets: values(secrets) },
      "liftlock:backups": {
        repository: "s3:https://fra1.digitaloceanspaces.com/shop-backups/production",
        password: "p",
        accessKey: "a",
        secretKey: "s",
        ...backups,
      },
    };
    return readApplication("production", parseConfig(raw, "Pulumi.production.yaml", "program"));
  };
  const database = { service: "postgres", name: "shop", user: "shop" };

  it("is in the compose file", () => {
    expect(read({ databases: [database] }).stateful).toContain("postgres");
  });

  it.each([
    ["nothing", {}, "expected a database or a volume"],
    ["a service that keeps no data", { databases: [{ ...database, service: "api" }] }, "no data service api"],
    ["an unknown volume", { databases: [database], volumes: ["uploads"] }, "no named volume uploads"],
    [
      "a running database's files",
      { databases: [database], volumes: ["postgres"] },
      "its files are no backup",
    ],
  ])("is refused: %s", (_, backups, why) => {
    expect(() => read(backups)).toThrow(
      expect.objectContaining({ code: "ConfigInvalid", message: expect.stringContaining(why) }),
    );
  });
});

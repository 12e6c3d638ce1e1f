import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seal } from "../../../rehearsal/github/sealed-box.ts";
import { production, shop, start, withProduction } from "./asking.ts";

const places = [
  ["the repository", undefined, `${shop}/actions`],
  ["an environment", "production", production],
  [
    "an environment of the repository by number",
    "production",
    "/repositories/424242/environments/production",
  ],
] as const;

describe.each(places)("secrets of %s", (_, environment, root) => {
  const path = `${root}/secrets`;

  test("are opened, and never told", async () => {
    const github = await withProduction();
    expect(await github.putSecret(path, "DATABASE_URL", "postgres://hush")).toBe(201);
    expect(github.secret(environment, "DATABASE_URL")).toBe("postgres://hush");
    const one = await github.ask("GET", `${path}/DATABASE_URL`);
    expect(Object.keys(one.body)).toEqual(["name", "created_at", "updated_at"]);
    const all = await github.ask("GET", path);
    expect(all.body).toEqual({ total_count: 1, secrets: [one.body] });
  });

  test("change: the time tells, even within a second", async () => {
    const github = await withProduction();
    await github.putSecret(path, "A", "1");
    const before = (await github.ask("GET", `${path}/A`)).body;
    expect(await github.putSecret(path, "a", "2")).toBe(204);
    const after = (await github.ask("GET", `${path}/A`)).body;
    expect(after.created_at).toBe(before.created_at);
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
    expect(github.secret(environment, "A")).toBe("2");
  });

  test("are deleted", async () => {
    const github = await withProduction();
    await github.putSecret(path, "A", "1");
    expect((await github.ask("DELETE", `${path}/A`)).status).toBe(204);
    expect((await github.ask("GET", `${path}/A`)).status).toBe(404);
    expect((await github.ask("DELETE", `${path}/A`)).status).toBe(404);
    expect(github.secret(environment, "A")).toBeUndefined();
  });

  test("are refused when they cannot be opened", async () => {
    const github = await withProduction();
    const { key_id, key } = (await github.ask("GET", `${path}/public-key`)).body;
    const sealed = seal(Buffer.from("x"), Buffer.from(key, "base64"));
    const broken = Buffer.from(sealed);
    broken[40] = (broken[40] ?? 0) ^ 1;
    for (const given of [
      { key_id, encrypted_value: broken.toString("base64") },
      { key_id, encrypted_value: Buffer.from("plain text").toString("base64") },
      { key_id, encrypted_value: "not base64!" },
      { key_id: "1", encrypted_value: sealed.toString("base64") },
      { encrypted_value: sealed.toString("base64") },
    ]) {
      expect((await github.ask("PUT", `${path}/A`, given)).status).toBe(422);
    }
    expect(github.secret(environment, "A")).toBeUndefined();
  });
});

describe("secrets", () => {
  test("any value arrives as it was", async () => {
    const github = await start();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (value) => {
        await github.putSecret(`${shop}/actions/secrets`, "VALUE", value);
        expect(github.secret(undefined, "VALUE")).toBe(value);
      }),
      { numRuns: 20 },
    );
  });

  test("repository and environment have keys of their own", async () => {
    const github = await withProduction();
    const keys = await Promise.all(
      [`${shop}/actions`, production].map(
        async (root) => (await github.ask("GET", `${root}/secrets/public-key`)).body,
      ),
    );
    expect(keys[0].key).not.toBe(keys[1].key);
    expect(keys[0].key_id).not.toBe(keys[1].key_id);
  });

  test.each(["1A", "A-B", "GITHUB_TOKEN", "github_x", "A%20B"])("cannot be called %s", async (name) => {
    const github = await start();
    expect(await github.putSecret(`${shop}/actions/secrets`, name, "x")).toBe(422);
    expect(github.state.vault.secrets.size).toBe(0);
  });

  test("have at most 48 KB", async () => {
    const github = await start();
    const path = `${shop}/actions/secrets`;
    expect(await github.putSecret(path, "BIG", "x".repeat(49_152))).toBe(201);
    expect(await github.putSecret(path, "BIGGER", "x".repeat(49_153))).toBe(422);
  });
});

describe.each(places)("variables of %s", (_, environment, root) => {
  const path = `${root}/variables`;

  test("are created, changed, renamed and deleted", async () => {
    const github = await withProduction();
    const created = await github.ask("POST", path, { name: "app_env", value: "live" });
    expect(created.status).toBe(201);
    expect((await github.ask("GET", `${path}/APP_ENV`)).body).toMatchObject({
      name: "APP_ENV",
      value: "live",
    });
    expect((await github.ask("PATCH", `${path}/APP_ENV`, { name: "APP_ENV", value: "test" })).status).toBe(
      204,
    );
    expect((await github.ask("GET", `${path}/app_env`)).body).toMatchObject({ value: "test" });
    expect((await github.ask("PATCH", `${path}/APP_ENV`, { name: "MODE" })).status).toBe(204);
    expect((await github.ask("GET", `${path}/APP_ENV`)).status).toBe(404);
    expect((await github.ask("GET", `${path}/MODE`)).body).toMatchObject({ value: "test" });
    expect((await github.ask("DELETE", `${path}/MODE`)).status).toBe(204);
    const vault =
      environment === undefined ? github.state.vault : github.state.environments.get(environment)?.vault;
    expect(vault?.variables.size).toBe(0);
  });

  test("exist once", async () => {
    const github = await withProduction();
    await github.ask("POST", path, { name: "A", value: "1" });
    await github.ask("POST", path, { name: "B", value: "2" });
    const again = await github.ask("POST", path, { name: "a", value: "3" });
    expect([again.status, again.body.message]).toEqual([409, "Already exists - Variable already exists"]);
    expect((await github.ask("PATCH", `${path}/A`, { name: "B" })).status).toBe(409);
    expect((await github.ask("GET", `${path}/A`)).body.value).toBe("1");
  });
});

describe("variables", () => {
  test("come ten to a page, thirty at most, with links to the others", async () => {
    const github = await start();
    const path = `${shop}/actions/variables`;
    for (let n = 0; n < 35; n += 1) await github.ask("POST", path, { name: `V${n}`, value: "" });
    const first = await github.ask("GET", path);
    expect(first.body.variables).toHaveLength(10);
    expect(first.body.total_count).toBe(35);
    expect(first.headers.get("link")).toContain('page=2>; rel="next"');
    const second = await github.ask("GET", `${path}?per_page=100&page=2`);
    expect(second.body.variables).toHaveLength(5);
    expect(second.headers.get("link")).toMatch(/page=1>; rel="prev".*page=1>; rel="first"$/);
  });
});

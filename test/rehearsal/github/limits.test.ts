import { describe, expect, test } from "vitest";
import { stopWallClock } from "../../wallClock.ts";
import { type Asked, shop, start } from "./asking.ts";

const variables = `${shop}/actions/variables`;
const write = (github: Asked, name: string) => github.ask("POST", variables, { name, value: "x" });

describe("the primary limit", () => {
  test("is told, and refuses what is beyond it until its time is over", async () => {
    const clock = stopWallClock();
    const github = await start({ limits: { hourly: 2, resetSeconds: 20 } });
    const first = await github.ask("GET", shop);
    expect(first.headers.get("x-ratelimit-remaining")).toBe("1");
    await github.ask("GET", shop);
    const beyond = await github.ask("GET", shop);
    expect(beyond.status).toBe(403);
    expect(beyond.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(beyond.body.message).toMatch(/rate limit exceeded/i);
    const reset = Number(beyond.headers.get("x-ratelimit-reset")) * 1000;
    expect(reset - Date.now()).toBeGreaterThanOrEqual(20_000);
    expect(reset - Date.now()).toBeLessThan(21_000);
    clock.pass(reset - Date.now() - 1);
    expect((await github.ask("GET", shop)).status).toBe(403);
    clock.pass(1);
    expect((await github.ask("GET", shop)).status).toBe(200);
  });

  test("does not count what was known already", async () => {
    const github = await start({ limits: { hourly: 3 } });
    const etag = (await github.ask("GET", shop)).headers.get("etag") ?? "";
    const again = () =>
      fetch(`${github.url}/api/v3${shop}`, {
        headers: { authorization: "Bearer ghp_x", "if-none-match": etag },
      });
    for (let index = 0; index < 5; index++) expect((await again()).status).toBe(304);
    expect((await github.ask("GET", shop)).headers.get("x-ratelimit-remaining")).toBe("1");
  });
});

describe("the secondary limit", () => {
  test("refuses writes for as long as it says, and no reads", async () => {
    const clock = stopWallClock();
    const github = await start({ limits: { writesPerMinute: 2, retryAfterSeconds: 30 } });
    for (const name of ["A", "B"]) expect((await write(github, name)).status).toBe(201);
    const beyond = await write(github, "C");
    expect([beyond.status, beyond.headers.get("retry-after")]).toEqual([403, "30"]);
    expect(beyond.body.message).toMatch(/secondary rate limit/);
    expect((await github.ask("GET", shop)).status).toBe(200);
    clock.pass(29_999);
    expect((await write(github, "C")).status).toBe(403);
    clock.pass(1);
    expect((await write(github, "C")).status).toBe(201);
  });
});

test("what changed has another ETag", async () => {
  const github = await start();
  const etag = async () => (await github.ask("GET", variables)).headers.get("etag");
  const before = await etag();
  expect(await etag()).toBe(before);
  await write(github, "A");
  expect(await etag()).not.toBe(before);
});

test("without limits nothing is refused, or said to be used up", async () => {
  const github = await start();
  for (let index = 0; index < 40; index++) expect((await write(github, `V${index}`)).status).toBe(201);
  expect(Number((await github.ask("GET", shop)).headers.get("x-ratelimit-remaining"))).toBeGreaterThan(0);
});

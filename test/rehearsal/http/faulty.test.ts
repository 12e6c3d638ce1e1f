import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultAction, Faults } from "../../../rehearsal/faults/faults.ts";
import { Router } from "../../../rehearsal/http/router.ts";
import { type HttpServer, startHttp } from "../../../rehearsal/http/server.ts";

let faults: Faults;
let server: HttpServer;
let served = 0;

beforeEach(async () => {
  served = 0;
  faults = new Faults();
  const router = new Router()
    .on("GET", "/thing", () => {
      served += 1;
      return { status: 200, json: { id: 1, name: "honest", gone: true } };
    })
    .on("GET", "/bytes", () => ({
      status: 200,
      bytes: Buffer.from('{"id":1}'),
      headers: { "x-digest": "d" },
    }))
    .on("GET", "/noise", () => ({ status: 200, bytes: Buffer.from("not json") }));
  server = await startHttp({
    part: "github",
    faults,
    router,
    errorBody: (status, message) => ({ status, message }),
  });
});
afterEach(() => server.close());

const add = (action: FaultAction, match = "GET /thing") => faults.add({ part: "github", match, action });
const ask = (path = "/thing") => fetch(`${server.url}${path}`);

describe("faults", () => {
  test("refuse: closed before an answer, and nothing was done", async () => {
    add({ kind: "refuse" });
    await expect(ask()).rejects.toThrow("fetch failed");
    expect(served).toBe(0);
    expect(server.requests.all()).toMatchObject([{ status: 0, fault: "refuse" }]);
    expect((await ask()).status).toBe(200);
  });

  test("delay: the same answer, later", async () => {
    add({ kind: "delay", milliseconds: 80 });
    const before = performance.now();
    expect(await (await ask()).json()).toMatchObject({ name: "honest" });
    expect(performance.now() - before).toBeGreaterThanOrEqual(75);
    expect(served).toBe(1);
  });

  test("a delayed request is not served after the part has closed", async () => {
    add({ kind: "delay", milliseconds: 60 });
    const answer = ask().catch(() => "broken");
    while (faults.history.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await server.close();
    expect(await answer).toBe("broken");
    await new Promise((resolve) => setTimeout(resolve, 90));
    expect(served).toBe(0);
  });

  test("status: without the work, with Retry-After, in the part's own shape", async () => {
    add({ kind: "status", status: 503, retryAfterSeconds: 7, message: "down for maintenance" });
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(await answer.json()).toEqual({ status: 503, message: "down for maintenance" });
    expect(served).toBe(0);
  });

  test("status: with a body of its own", async () => {
    add({ kind: "status", status: 422, body: { anything: [1] } });
    expect(await (await ask()).json()).toEqual({ anything: [1] });
  });

  test("drop: the work is done, the answer breaks off", async () => {
    add({ kind: "drop" });
    const answer = await ask();
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("terminated");
    expect(served).toBe(1);
  });

  test("lie: the work is done, the answer is another", async () => {
    add({ kind: "lie", patch: { name: "false", gone: null } });
    expect(await (await ask()).json()).toEqual({ id: 1, name: "false" });
    expect(served).toBe(1);
    add({ kind: "lie", text: "nonsense" });
    expect(await (await ask()).text()).toBe("nonsense");
  });

  test("lie: about bytes that are JSON, with the headers left as they were", async () => {
    add({ kind: "lie", patch: { id: 2 } }, "GET /bytes");
    const answer = await ask("/bytes");
    expect(await answer.json()).toEqual({ id: 2 });
    expect(answer.headers.get("x-digest")).toBe("d");
  });

  test("lie: a patch does not fit what is not JSON", async () => {
    add({ kind: "lie", patch: { id: 2 } }, "GET /noise");
    expect(await (await ask("/noise")).text()).toBe("not json");
  });

  test("strike this part only, the request that matches, as often as was said", async () => {
    faults.add({ part: "registry", match: ".*", action: { kind: "refuse" } });
    faults.add({ part: "github", match: "POST /thing", action: { kind: "refuse" } });
    faults.add({
      part: "github",
      match: "^GET /thing$",
      skip: 1,
      times: 2,
      action: { kind: "status", status: 500 },
    });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect(faults.history).toHaveLength(2);
  });
});

import { afterEach, describe, expect, test } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { Refusal } from "../../../rehearsal/http/exchange.ts";
import { RequestLog } from "../../../rehearsal/http/request-log.ts";
import { Router } from "../../../rehearsal/http/router.ts";
import { type HttpServer, startHttp } from "../../../rehearsal/http/server.ts";

let server: HttpServer | undefined;
afterEach(() => server?.close());

async function start(router: Router, faults = new Faults()) {
  server = await startHttp({ part: "registry", faults, router });
  return server;
}

describe("an HTTP part", () => {
  test("answers JSON, bytes and nothing", async () => {
    const { url } = await start(
      new Router()
        .on("GET", "/json", () => ({ status: 200, json: { a: 1 } }))
        .on("GET", "/bytes", () => ({
          status: 200,
          bytes: Buffer.from("raw"),
          headers: { "content-type": "text/x" },
        }))
        .on("DELETE", "/json", () => ({ status: 204 })),
    );
    const json = await fetch(`${url}/json`);
    expect(json.headers.get("content-type")).toContain("application/json");
    expect(await json.json()).toEqual({ a: 1 });
    const bytes = await fetch(`${url}/bytes`);
    expect(bytes.headers.get("content-type")).toBe("text/x");
    expect(await bytes.text()).toBe("raw");
    expect((await fetch(`${url}/json`, { method: "DELETE" })).status).toBe(204);
  });

  test("tells the size of what a GET would bring when asked with HEAD", async () => {
    const { url } = await start(
      new Router().on("HEAD", "/a", () => ({ status: 200, bytes: Buffer.alloc(42) })),
    );
    const answer = await fetch(`${url}/a`, { method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe("42");
    expect(await answer.text()).toBe("");
  });

  test("records what nothing here answers", async () => {
    const { url, requests } = await start(new Router().on("GET", "/a", () => ({ status: 200 })));
    await fetch(`${url}/a`);
    const answer = await fetch(`${url}/b?c=d`, { method: "POST" });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ message: "the rehearsal's registry has no POST /b" });
    expect(requests.unknown()).toMatchObject([{ method: "POST", path: "/b?c=d", status: 404 }]);
    expect(requests.all()).toHaveLength(2);
  });

  test("answers a refusal, bad JSON and a failing handler with 4xx and 500", async () => {
    const { url } = await start(
      new Router()
        .on("GET", "/refused", () => {
          throw new Refusal({ status: 418, json: "teapot" });
        })
        .on("POST", "/json", async (request) => ({ status: 200, json: await request.json() }))
        .on("GET", "/broken", () => {
          throw new TypeError("broken on purpose");
        }),
    );
    const refused = await fetch(`${url}/refused`);
    expect([refused.status, await refused.json()]).toEqual([418, "teapot"]);
    expect((await fetch(`${url}/json`, { method: "POST", body: "{" })).status).toBe(400);
    expect(await (await fetch(`${url}/json`, { method: "POST", body: '{"a":1}' })).json()).toEqual({ a: 1 });
    const broken = await fetch(`${url}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).toContain("broken on purpose");
  });

  test("leaves no connection open when it closes", async () => {
    let arrived: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const hang = new Promise<never>(() => {});
    const part = await start(
      new Router().on("GET", "/hangs", () => {
        arrived();
        return hang;
      }),
    );
    const answer = fetch(`${part.url}/hangs`).then(
      () => "answered",
      () => "broken",
    );
    await waiting;
    await part.close();
    expect(await answer).toBe("broken");
    await expect(fetch(part.url)).rejects.toThrow(TypeError);
  });
});

test("the log forgets the oldest requests", () => {
  const log = new RequestLog(2);
  for (const path of ["/1", "/2", "/3"]) {
    log.add({
      method: "GET",
      path,
      agent: "",
      from: "",
      status: 200,
      at: 0,
      milliseconds: 0,
      unknown: false,
    });
  }
  expect(log.all().map(({ path }) => path)).toEqual(["/2", "/3"]);
  expect(log.count(/^GET \/[23]$/)).toBe(2);
});

/** The edge's behaviour: everything here holds for the stand-in and for the real haproxy alike. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, row, type Subject, subjects } from "./subjects.ts";

describe.each(subjects)("$name", ({ start, missing }) => {
  let edge: Subject;
  const both = "set server web/blue weight 50; set server web/green weight 50";
  const status = async (slot: string) => (await row(edge, slot)).status;

  beforeEach(async ({ skip }) => {
    if (missing) skip("haproxy is not installed on this machine");
    edge = await start();
    await expect.poll(async () => (await row(edge, "green")).check_health).toBe("3");
    await expect.poll(async () => (await row(edge, "blue")).check_health).toBe("3");
  });
  afterEach(() => edge?.close());

  const bodies = async (count: number) => {
    const found: Record<string, number> = {};
    for (let index = 0; index < count; index += 1) {
      const { body } = await ask(edge.url);
      found[body.trim()] = (found[body.trim()] ?? 0) + 1;
    }
    return found;
  };

  describe("traffic", () => {
    it.each([
      [100, 0],
      [0, 100],
      [50, 50],
      [95, 5],
      [90, 10],
    ])("is shared by weight: %i and %i", async (blue, green) => {
      await edge.admin(`set server web/blue weight ${blue}; set server web/green weight ${green}`);
      const got = await bodies(40);
      // haproxy begins anywhere in its round.
      expect(Math.abs((got.blue ?? 0) - blue * 0.4)).toBeLessThanOrEqual(green === 0 || blue === 0 ? 0 : 1);
      expect((got.blue ?? 0) + (got.green ?? 0)).toBe(40);
    });

    it("keeps method, path, body and headers", async () => {
      const got = await ask(`${edge.url}/a/b?c=d`, { method: "POST", body: "hello" });
      expect([got.status, got.body, got.headers["content-type"]]).toEqual([200, "blue\n", "text/plain"]);
      expect(edge.slots.blue.asked).toEqual(["POST /a/b?c=d hello"]);
    });

    it("passes much in both directions, in pieces too", async () => {
      const body = "x".repeat(300_000);
      const chunked = { "transfer-encoding": "chunked" };
      await ask(`${edge.url}/big`, { method: "POST", body });
      await ask(`${edge.url}/pieces`, { method: "PUT", body, headers: chunked });
      expect(edge.slots.blue.asked.map((text) => text.length)).toEqual([body.length + 10, body.length + 12]);
    });

    it("is the page with 503 when no server is usable", async () => {
      await edge.admin("set server web/blue weight 0");
      const got = await ask(edge.url);
      expect([got.status, got.body, got.headers["content-type"]]).toEqual([
        503,
        "<h1>back soon</h1>\n",
        "text/html; charset=utf-8",
      ]);
      expect((await edge.log()).at(-1)).toMatchObject({
        route: "web",
        slot: "<NOSRV>",
        status: 503,
        end: "SC",
      });
    });

    it("is logged", async () => {
      await ask(`${edge.url}/a/b?secret=1`);
      const [line] = await edge.log();
      expect(line).toMatchObject({
        client: expect.stringMatching(/^127\./),
        method: "GET",
        path: "/a/b",
        route: "web",
        slot: "blue",
        status: 200,
        retries: "0",
        end: "--",
      });
      expect(line?.at).toBeCloseTo(Date.now() / 1000, -1);
      expect(line?.bytes).toBeGreaterThan(50);
      expect(line?.milliseconds).toBeLessThan(10_000);
    });

    it("that is no HTTP is answered 400", async () => {
      const { connect } = await import("node:net");
      const { hostname, port } = new URL(edge.url);
      const answer = await new Promise<string>((resolve) => {
        let text = "";
        const socket = connect(Number(port), hostname, () => socket.write("NONSENSE\r\n\r\n"));
        socket.on("data", (chunk) => {
          text += chunk.toString();
        });
        socket.on("close", () => resolve(text));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect((await edge.log()).at(-1)).toMatchObject({ method: "<BADREQ>", status: 400, end: "PR" });
    });
  });

  describe("retries", () => {
    it("hide an empty answer of one slot", async () => {
      await edge.admin(both);
      edge.slots.blue.status = 0;
      expect(await bodies(10)).toEqual({ green: 10 });
      const retried = (await edge.log()).filter(({ retries }) => retries === "+1");
      expect(retried.length).toBeGreaterThanOrEqual(4);
      expect(Number((await row(edge, "blue")).wretr)).toBe(retried.length);
      expect(Number((await row(edge, "blue")).wredis)).toBe(retried.length);
    });

    it.each([502, 503])("do not hide %i: an answer is an answer", async (status) => {
      await edge.admin(both);
      edge.slots.blue.status = status;
      expect(await bodies(10)).toEqual({ blue: 5, green: 5 });
      expect((await edge.log()).filter((line) => line.status === status)).toHaveLength(5);
    });

    it("are three, then the last answer counts", async () => {
      edge.slots.blue.status = 0;
      expect((await ask(edge.url)).status).toBe(502);
      expect(edge.slots.blue.asked.length).toBe(4);
      expect((await edge.log()).map(({ status, retries, end }) => [status, retries, end])).toEqual([
        [502, "3", "SH"],
      ]);
      expect(await row(edge, "blue")).toMatchObject({ wredis: "0", eresp: "1", hrsp_5xx: "0", req_tot: "0" });
    });

    it.each(["POST", "PUT", "DELETE", "PATCH"])(
      "are not for %s once a server has seen it",
      async (method) => {
        await edge.admin(both);
        edge.slots.blue.status = 0;
        edge.slots.green.status = 0;
        expect((await ask(edge.url, { method, body: "x", headers: { "content-length": "1" } })).status).toBe(
          502,
        );
        expect([...edge.slots.blue.asked, ...edge.slots.green.asked]).toEqual([`${method} / x`]);
      },
    );

    it("are for whatever no server has seen: a closed port", async () => {
      await edge.admin(both);
      await edge.slots.blue.close();
      const got = await Promise.all(
        Array.from({ length: 6 }, () => ask(edge.url, { method: "POST", body: "x" })),
      );
      expect(got.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      expect(edge.slots.green.asked.length).toBe(6);
    });

    it("are not for other statuses", async () => {
      edge.slots.blue.status = 500;
      expect((await ask(edge.url)).status).toBe(500);
      expect(edge.slots.blue.asked.length).toBe(1);
    });
  });

  describe("half an answer", () => {
    it("is not taken for a whole one", async () => {
      edge.slots.blue.half = true;
      await expect(ask(edge.url)).rejects.toMatchObject({ code: "ECONNRESET" });
      await expect.poll(async () => (await edge.log()).at(-1)).toMatchObject({ status: 200, end: "SD" });
      expect(await row(edge, "blue")).toMatchObject({ srv_abrt: "1", eresp: "1" });
    });
  });

  describe("health checks", () => {
    it("take a server out after three failures, and back after one success", async () => {
      await edge.admin(both);
      edge.slots.blue.health = 503;
      await expect.poll(() => status("blue")).toBe("DOWN");
      expect(await row(edge, "blue")).toMatchObject({
        check_code: "503",
        last_chk: "Service Unavailable",
        check_desc: "Layer7 wrong status",
        chkfail: "3",
        chkdown: "1",
        check_health: "0",
      });
      expect((await row(edge, "blue")).check_status).toMatch(/L7STS$/);
      expect(await bodies(6)).toEqual({ green: 6 });
      edge.slots.blue.health = 200;
      await expect.poll(() => status("blue")).toBe("UP");
    });

    it("notice a closed port, and one that opens", async () => {
      await edge.slots.blue.close();
      await expect.poll(() => status("blue")).toBe("DOWN");
      expect(await row(edge, "blue")).toMatchObject({
        check_status: "L4CON",
        last_chk: "Connection refused",
        check_desc: "Layer4 connection problem",
      });
      expect((await ask(edge.url)).status).toBe(503);
      await edge.slots.blue.open();
      await expect.poll(() => status("blue")).toBe("UP");
    });

    it("can be switched off and on", async () => {
      await edge.admin("disable health web/blue");
      expect(await status("blue")).toBe("no check");
      edge.slots.blue.health = 500;
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect((await ask(edge.url)).body).toBe("blue\n");
      // Said to be down meanwhile, it stays so until a check says otherwise.
      await edge.admin("set server web/blue health down");
      expect(await status("blue")).toBe("DOWN");
      expect((await ask(edge.url)).status).toBe(503);
      edge.slots.blue.health = 200;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await status("blue")).toBe("DOWN");
      await edge.admin("enable health web/blue");
      await expect.poll(() => status("blue")).toBe("UP");
      edge.slots.blue.health = 500;
      await expect.poll(() => status("blue")).toBe("DOWN");
    });
  });

  describe("states", () => {
    it("drain and maint take no more requests, ready does again", async () => {
      await edge.admin(both);
      for (const [state, shown] of [
        ["drain", "DRAIN"],
        ["maint", "MAINT"],
      ] as const) {
        expect(await edge.admin(`set server web/blue state ${state}`)).toBe("\n");
        expect(await status("blue")).toBe(shown);
        expect(await bodies(4)).toEqual({ green: 4 });
        expect(await edge.admin("set server web/blue state ready")).toBe("\n");
        await expect.poll(() => status("blue")).toBe("UP");
        expect(await bodies(4)).toEqual({ blue: 2, green: 2 });
      }
    });

    it("believe a server that comes back from maintenance until a check says otherwise", async () => {
      await edge.admin("set server web/blue state maint");
      edge.slots.blue.health = 500;
      await edge.admin("set server web/blue state ready");
      expect(await status("blue")).toBe("UP 1/3");
      await expect.poll(() => status("blue")).toBe("DOWN");
    });

    it("let what is under way end", async () => {
      edge.slots.blue.delay = 300;
      const slow = ask(edge.url);
      await expect.poll(() => row(edge, "blue").then(({ scur }) => scur)).toBe("1");
      await edge.admin("set server web/green weight 100; set server web/blue state maint");
      expect((await ask(edge.url)).body).toBe("green\n");
      expect(await slow).toMatchObject({ status: 200, body: "blue\n" });
    });
  });

  describe("a reload", () => {
    it("refuses no connection and ends no request", async () => {
      edge.slots.blue.delay = 200;
      const slow = ask(edge.url);
      await expect.poll(() => edge.slots.blue.asked.length).toBe(1);
      edge.slots.blue.delay = 0;
      let going = true;
      const statuses = (async () => {
        const seen = new Set<number>();
        while (going) seen.add((await ask(edge.url)).status);
        return seen;
      })();
      for (const retries of [5, 4, 3])
        expect(await edge.reload((text) => text.replace(/retries \d/, `retries ${retries}`))).toBe(true);
      going = false;
      expect([...(await statuses)]).toEqual([200]);
      expect(await slow).toMatchObject({ status: 200, body: "blue\n" });
    });

    it("keeps weights, drain and what checks found", async () => {
      await edge.admin(
        "set server web/blue weight 30; set server web/green weight 70; set server web/green state drain",
      );
      await edge.slots.blue.close();
      await expect.poll(() => status("blue")).toBe("DOWN");
      expect(await edge.reload((text) => text)).toBe(true);
      expect(await row(edge, "blue")).toMatchObject({ weight: "30", status: "DOWN" });
      expect(await row(edge, "green")).toMatchObject({ weight: "70", status: "DRAIN" });
    });

    it("believes a new weight in the configuration rather than the state of before", async () => {
      await edge.admin("set server web/blue weight 30");
      expect(await edge.reload((text) => text.replace("weight 100", "weight 90"))).toBe(true);
      expect((await row(edge, "blue")).weight).toBe("90");
    });

    it("with errors changes nothing", async () => {
      expect(await edge.reload((text) => `${text}  frobnicate\n`)).toBe(false);
      expect((await ask(edge.url)).body).toBe("blue\n");
    });
  });
});

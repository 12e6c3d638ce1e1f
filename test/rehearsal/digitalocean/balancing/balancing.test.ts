/** Load balancers that balance, with hosts that are plain servers. */
import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Account, droplet, start } from "../account.ts";

const running: { close(): void }[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close();
});

interface Host {
  id: number;
  healthy: boolean;
  delay: number;
  seen: { url: string; forwardedFor: string | string[] | undefined }[];
  server: Server;
}

const port = 18_090;

/** A droplet that answers with its name. */
async function host(account: Account, name: string, more: object = {}): Promise<Host> {
  const id = await droplet(account, { name, ...more });
  const made: Host = { id, healthy: true, delay: 0, seen: [], server: createServer() };
  made.server.on("request", (asked, answer) => {
    if (asked.url === "/up") return answer.writeHead(made.healthy ? 200 : 500).end();
    made.seen.push({ url: `${asked.method} ${asked.url}`, forwardedFor: asked.headers["x-forwarded-for"] });
    let size = 0;
    asked.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    asked.on("end", () => setTimeout(() => answer.end(`${name} ${size}`), made.delay));
  });
  await listen(made.server, account.state.droplets.get(id)?.address ?? "", port);
  return made;
}

async function listen(
  server: Server | ReturnType<typeof createTcpServer>,
  address: string,
  at: number,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port: at }, resolve);
  });
  running.push({
    close: () =>
      "closeAllConnections" in server ? (server.closeAllConnections(), server.close()) : server.close(),
  });
}

const check = {
  protocol: "http",
  port,
  path: "/up",
  check_interval_seconds: 3,
  response_timeout_seconds: 3,
  healthy_threshold: 2,
  unhealthy_threshold: 2,
};
const rule = (protocol: string, entry: number) => ({
  entry_protocol: protocol,
  entry_port: entry,
  target_protocol: protocol,
  target_port: port,
});

/** A balancer whose seconds are short; gives its address and numbers of its healthy droplets. */
async function balancer(account: Account, body: object) {
  const given = {
    name: "edge",
    region: "fra1",
    forwarding_rules: [rule("http", 18_080)],
    health_check: check,
    ...body,
  };
  const { body: made } = await account.ask("POST", "/load_balancers", given);
  const id = String(made.load_balancer?.id);
  const known = () => account.state.loadBalancers.get(id);
  await vi.waitUntil(() => known()?.status !== "new", { timeout: 15_000 });
  return {
    id,
    given,
    url: `http://${known()?.ip}:18080`,
    ip: known()?.ip ?? "",
    healthy: () => known()?.balancer.healthy ?? [],
  };
}

const fast = { checkSecondMilliseconds: 5 };
const ask = async (url: string, options: RequestInit = {}) => {
  const answer = await fetch(url, { ...options, headers: { connection: "close" } });
  return { status: answer.status, body: await answer.text() };
};
const bodies = async (url: string, count: number) => {
  const found = [];
  for (let index = 0; index < count; index += 1) found.push((await ask(url)).body);
  return found.toSorted();
};

describe("HTTP", () => {
  test("goes round the healthy droplets", async () => {
    const account = await start(fast);
    const [one, two] = [await host(account, "one"), await host(account, "two")];
    const edge = await balancer(account, { droplet_ids: [one.id, two.id] });
    await vi.waitUntil(() => edge.healthy().length === 2, { timeout: 15_000 });
    expect(await bodies(edge.url, 4)).toEqual(["one 0", "one 0", "two 0", "two 0"]);
    two.healthy = false;
    await vi.waitUntil(() => edge.healthy().length === 1, { timeout: 15_000 });
    expect(await bodies(edge.url, 3)).toEqual(["one 0", "one 0", "one 0"]);
    two.healthy = true;
    await vi.waitUntil(() => edge.healthy().length === 2, { timeout: 15_000 });
    expect(await bodies(edge.url, 2)).toEqual(["one 0", "two 0"]);
  });

  test("has nobody to ask before checks have passed", async () => {
    const account = await start(fast);
    const one = await host(account, "one");
    one.healthy = false;
    const edge = await balancer(account, { droplet_ids: [one.id] });
    expect((await ask(edge.url)).status).toBe(503);
  });

  test("passes method, path, body and who asked", async () => {
    const account = await start(fast);
    const one = await host(account, "one");
    const edge = await balancer(account, { droplet_ids: [one.id] });
    await vi.waitUntil(() => edge.healthy().length === 1, { timeout: 15_000 });
    const body = "x".repeat(100_000);
    expect(await ask(`${edge.url}/a?b=c`, { method: "POST", body })).toEqual({
      status: 200,
      body: "one 100000",
    });
    expect(one.seen).toEqual([{ url: "POST /a?b=c", forwardedFor: expect.stringMatching(/^127\./) }]);
  });

  test("goes to droplets with the tag, also later ones", async () => {
    const account = await start(fast);
    await host(account, "one", { tags: ["web"] });
    await host(account, "other", { tags: ["data"] });
    const edge = await balancer(account, { tag: "web" });
    await vi.waitUntil(() => edge.healthy().length === 1, { timeout: 15_000 });
    const late = await host(account, "late", { tags: ["web"] });
    await vi.waitUntil(() => edge.healthy().includes(late.id), { timeout: 15_000 });
    expect(await bodies(edge.url, 2)).toEqual(["late 0", "one 0"]);
  });

  test("spares a droplet that is off, at once", async () => {
    const account = await start();
    const [one, two] = [await host(account, "one"), await host(account, "two")];
    const quick = { ...check, check_interval_seconds: 1, healthy_threshold: 1 };
    const edge = await balancer(account, { droplet_ids: [one.id, two.id], health_check: quick });
    await vi.waitUntil(() => edge.healthy().length === 2, { timeout: 15_000 });
    const { body } = await account.ask("POST", `/droplets/${two.id}/actions`, { type: "power_off" });
    await account.finished(Number(body.action?.id));
    expect(await bodies(edge.url, 4)).toEqual(["one 0", "one 0", "one 0", "one 0"]);
  });

  test("asks another droplet when one refuses the connection", async () => {
    const account = await start();
    const [one, two] = [await host(account, "one"), await host(account, "two")];
    const quick = { ...check, check_interval_seconds: 60, healthy_threshold: 1 };
    const edge = await balancer(account, { droplet_ids: [one.id, two.id], health_check: quick });
    await vi.waitUntil(() => edge.healthy().length === 2, { timeout: 15_000 });
    await new Promise((resolve) => two.server.close(resolve));
    expect(await bodies(edge.url, 4)).toEqual(["one 0", "one 0", "one 0", "one 0"]);
  });

  test("lets requests end on a droplet that is taken out", async () => {
    const account = await start(fast);
    const [one, two] = [await host(account, "one"), await host(account, "two")];
    const edge = await balancer(account, { droplet_ids: [one.id] });
    await vi.waitUntil(() => edge.healthy().length === 1, { timeout: 15_000 });
    one.delay = 200;
    const slow = ask(edge.url);
    await vi.waitUntil(() => one.seen.length === 1, { timeout: 15_000 });
    await account.ask("PUT", `/load_balancers/${edge.id}`, { ...edge.given, droplet_ids: [two.id] });
    await vi.waitUntil(() => edge.healthy().includes(two.id), { timeout: 15_000 });
    expect((await ask(edge.url)).body).toBe("two 0");
    expect(await slow).toEqual({ status: 200, body: "one 0" });
  });

  test("goes to the one with the least to do when asked so", async () => {
    const account = await start(fast);
    const [one, two] = [await host(account, "one"), await host(account, "two")];
    const edge = await balancer(account, { droplet_ids: [one.id, two.id], algorithm: "least_connections" });
    await vi.waitUntil(() => edge.healthy().length === 2, { timeout: 15_000 });
    one.delay = 300;
    two.delay = 300;
    const slow = ask(edge.url);
    await vi.waitUntil(() => one.seen.length + two.seen.length === 1, { timeout: 15_000 });
    const busy = one.seen.length === 1 ? one : two;
    one.delay = 0;
    two.delay = 0;
    await bodies(edge.url, 4);
    expect(busy.seen.length).toBe(1);
    await slow;
  });
});

describe("TCP", () => {
  test("is passed on byte by byte, and left to end", async () => {
    const account = await start(fast);
    const id = await droplet(account);
    const address = account.state.droplets.get(id)?.address ?? "";
    await listen(
      createTcpServer((socket) => socket.on("error", () => {}).pipe(socket)),
      address,
      18_091,
    );
    const tcp = { entry_protocol: "tcp", entry_port: 18_081, target_protocol: "tcp", target_port: 18_091 };
    const checked = { ...check, protocol: "tcp", port: 18_091 };
    const edge = await balancer(account, {
      droplet_ids: [id],
      forwarding_rules: [tcp],
      health_check: checked,
    });
    await vi.waitUntil(() => edge.healthy().length === 1, { timeout: 15_000 });
    let echoed = "";
    const socket = connect(18_081, edge.ip);
    socket.on("data", (chunk) => {
      echoed += chunk.toString();
    });
    socket.write("hello");
    await vi.waitUntil(() => echoed === "hello", { timeout: 15_000 });
    await account.ask("PUT", `/load_balancers/${edge.id}`, { ...edge.given, droplet_ids: [] });
    socket.write(" again");
    await vi.waitUntil(() => echoed === "hello again", { timeout: 15_000 });
    const refused = connect(18_081, edge.ip);
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => refused.once("error", resolve));
    expect(error.code).toBe("ECONNRESET");
    socket.destroy();
  });
});

describe("a balancer", () => {
  test("listens no more once it is deleted", async () => {
    const account = await start(fast);
    const edge = await balancer(account, {});
    expect((await ask(edge.url)).status).toBe(503);
    expect((await account.ask("DELETE", `/load_balancers/${edge.id}`)).status).toBe(204);
    await expect(ask(edge.url)).rejects.toThrow("fetch failed");
  });

  test("whose port is taken is errored, and the account knows why", async () => {
    const account = await start(fast);
    const next = account.platform
      .allocateAddress("loadBalancer")
      .replace(/\d+$/, (last) => String(Number(last) + 1));
    await listen(createServer(), next, 18_080);
    const edge = await balancer(account, {});
    const { body } = await account.ask("GET", `/load_balancers/${edge.id}`);
    expect(body.load_balancer).toMatchObject({ status: "errored", ip: "" });
    expect(account.state.problems).toEqual([
      { droplet: 0, doing: expect.stringContaining("edge"), message: expect.stringContaining("EADDRINUSE") },
    ]);
  });

  test("says which rules it does not serve", async () => {
    const account = await start(fast);
    await balancer(account, { forwarding_rules: [{ ...rule("https", 18_443), certificate_id: "x" }] });
    expect(account.state.problems).toEqual([
      { droplet: 0, doing: expect.any(String), message: expect.stringContaining("do not serve https:18443") },
    ]);
  });
});

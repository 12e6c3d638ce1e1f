import { describe, expect, test, vi } from "vitest";
import { type Account, droplet, start } from "./account.ts";
import { deferred } from "./fake-platform.ts";

const anywhere = { addresses: ["0.0.0.0/0", "::/0"] };
const inbound = [{ protocol: "tcp", ports: "22", sources: anywhere }];

describe("firewalls", () => {
  test("are created, read, changed as a whole and deleted", async () => {
    const account = await start();
    const id = await droplet(account, { tags: ["shop"] });
    const given = { name: "shop", inbound_rules: inbound, droplet_ids: [id], tags: ["shop"] };
    const made = await account.ask("POST", "/firewalls", given);
    expect(made.status).toBe(202);
    expect(made.body.firewall).toMatchObject({
      ...given,
      status: "succeeded",
      pending_changes: [],
      outbound_rules: [],
    });
    const path = `/firewalls/${made.body.firewall?.id}`;
    const changed = await account.ask("PUT", path, {
      name: "shop-2",
      outbound_rules: [{ protocol: "udp", ports: "53" }],
    });
    expect(changed.body.firewall).toMatchObject({
      name: "shop-2",
      inbound_rules: [],
      droplet_ids: [],
      tags: [],
    });
    expect((await account.ask("GET", path)).body).toEqual(changed.body);
    expect((await account.ask("DELETE", path)).status).toBe(204);
    expect((await account.ask("GET", path)).status).toBe(404);
  });

  test.each([
    ["tcp", "all", "0"],
    ["tcp", "", "0"],
    ["udp", undefined, "0"],
    ["icmp", undefined, "0"],
    ["tcp", "8000-9000", "8000-9000"],
  ])("%s ports %s come back as %s", async (protocol, ports, back) => {
    const account = await start();
    const { body } = await account.ask("POST", "/firewalls", {
      name: "f",
      inbound_rules: [{ protocol, ports }],
    });
    expect(body.firewall?.inbound_rules[0]).toMatchObject({ protocol, ports: back });
  });

  test.each([
    ["no rules", {}, "at least one"],
    ["an unknown protocol", { inbound_rules: [{ protocol: "sctp" }] }, "protocol"],
    ["ports that are none", { inbound_rules: [{ protocol: "tcp", ports: "ssh" }] }, "invalid ports: ssh"],
    [
      "a droplet that does not exist",
      { inbound_rules: inbound, droplet_ids: [9] },
      "droplet 9 does not exist",
    ],
    [
      "a tag that does not exist",
      { inbound_rules: [{ protocol: "tcp", ports: "1", sources: { tags: ["x"] } }] },
      "tag x does not exist",
    ],
  ])("with %s are refused", async (_, rules, message) => {
    const account = await start();
    const { status, body } = await account.ask("POST", "/firewalls", { name: "f", ...rules });
    expect(status).toBe(422);
    expect(body.message).toContain(message);
  });

  test("have names of their own", async () => {
    const account = await start();
    const first = await account.ask("POST", "/firewalls", { name: "f", inbound_rules: inbound });
    const again = await account.ask("POST", "/firewalls", { name: "f", inbound_rules: inbound });
    expect([again.status, again.body.message]).toEqual([409, "duplicate name"]);
    const same = { name: "f", inbound_rules: inbound };
    expect((await account.ask("PUT", `/firewalls/${first.body.firewall?.id}`, same)).status).toBe(200);
  });
});

async function reserve(account: Account): Promise<string> {
  const { status, body } = await account.ask("POST", "/reserved_ips", { region: "fra1" });
  expect([status, body.reserved_ip?.droplet]).toEqual([202, null]);
  return String(body.reserved_ip?.ip);
}

async function point(account: Account, ip: string, body: object): Promise<string> {
  const asked = await account.ask("POST", `/reserved_ips/${ip}/actions`, body);
  if (asked.status !== 201) return String(asked.body.message);
  expect(asked.body.action).toMatchObject({ status: "in-progress" });
  const path = `/reserved_ips/${ip}/actions/${asked.body.action?.id}`;
  await account.finished(Number(asked.body.action?.id));
  return String((await account.ask("GET", path)).body.action?.status);
}

describe("reserved addresses", () => {
  test("are pointed at a droplet, at another, and at none", async () => {
    const account = await start();
    const [one, other] = [await droplet(account), await droplet(account, { name: "web-2" })];
    const ip = await reserve(account);
    const at = async () => (await account.ask("GET", `/reserved_ips/${ip}`)).body.reserved_ip?.droplet?.id;
    expect(await point(account, ip, { type: "assign", droplet_id: one })).toBe("completed");
    expect(await at()).toBe(one);
    expect(await point(account, ip, { type: "assign", droplet_id: other })).toBe("completed");
    expect(await at()).toBe(other);
    expect(await point(account, ip, { type: "unassign" })).toBe("completed");
    expect(await at()).toBeUndefined();
    expect(account.platform.asked.slice(2)).toEqual([
      `assign ${one} ${ip}`,
      `unassign ${ip}`,
      `assign ${other} ${ip}`,
      `unassign ${ip}`,
    ]);
    const actions = (await account.ask("GET", `/reserved_ips/${ip}/actions`)).body.actions;
    expect(actions?.map(({ type }: { type: string }) => type)).toEqual([
      "unassign_ip",
      "assign_ip",
      "assign_ip",
    ]);
  });

  test("are not pointed before the platform has done it", async () => {
    const account = await start();
    const id = await droplet(account);
    const ip = await reserve(account);
    const slow = deferred();
    account.platform.gate = () => slow.promise;
    const asked = await account.ask("POST", `/reserved_ips/${ip}/actions`, {
      type: "assign",
      droplet_id: id,
    });
    const seen = (await account.ask("GET", `/reserved_ips/${ip}`)).body.reserved_ip;
    expect(seen).toMatchObject({ droplet: null, locked: true });
    expect(await point(account, ip, { type: "unassign" })).toContain("pending event");
    slow.resolve();
    await account.finished(Number(asked.body.action?.id));
    expect((await account.ask("GET", `/reserved_ips/${ip}`)).body.reserved_ip).toMatchObject({
      droplet: { id },
    });
  });

  test("what the platform cannot do errors", async () => {
    const account = await start();
    const id = await droplet(account);
    const ip = await reserve(account);
    account.platform.gate = () => Promise.reject(new TypeError("address in use"));
    expect(await point(account, ip, { type: "assign", droplet_id: id })).toBe("errored");
    expect(account.state.problems).toEqual([{ droplet: id, doing: "assign_ip", message: "address in use" }]);
  });

  test("are refused where they cannot point", async () => {
    const account = await start();
    const here = await droplet(account);
    const there = await droplet(account, { region: "ams3" });
    const [ip, second] = [await reserve(account), await reserve(account)];
    expect(await point(account, ip, { type: "unassign" })).toBe("The reserved IP is not assigned.");
    expect(await point(account, ip, { type: "assign", droplet_id: 9 })).toContain("does not exist");
    expect(await point(account, ip, { type: "assign", droplet_id: there })).toContain("same region");
    await point(account, ip, { type: "assign", droplet_id: here });
    expect(await point(account, second, { type: "assign", droplet_id: here })).toContain(ip);
    expect((await account.ask("POST", "/reserved_ips", { region: "mars1" })).status).toBe(422);
  });

  test("are taken off the host when they are given back", async () => {
    const account = await start();
    const id = await droplet(account);
    const ip = await reserve(account);
    await point(account, ip, { type: "assign", droplet_id: id });
    expect((await account.ask("DELETE", `/reserved_ips/${ip}`)).status).toBe(204);
    expect(account.platform.asked.at(-1)).toBe(`unassign ${ip}`);
    expect((await account.ask("GET", `/reserved_ips/${ip}`)).status).toBe(404);
  });
});

describe("load balancers", () => {
  const rules = [{ entry_protocol: "http", entry_port: 18_080, target_protocol: "http", target_port: 8080 }];

  test("become active, keep what they were given, and lose droplets that go", async () => {
    const account = await start();
    const id = await droplet(account);
    const given = {
      name: "edge",
      region: "fra1",
      forwarding_rules: rules,
      droplet_ids: [id],
      algorithm: "least_connections",
    };
    const made = await account.ask("POST", "/load_balancers", given);
    expect(made.status).toBe(202);
    expect(made.body.load_balancer).toMatchObject({ status: "new", ip: "" });
    const path = `/load_balancers/${made.body.load_balancer?.id}`;
    const read = async () => (await account.ask("GET", path)).body.load_balancer;
    await vi.waitUntil(async () => (await read()).status === "active", { interval: 5, timeout: 15_000 });
    const seen = await read();
    expect(seen).toMatchObject({
      status: "active",
      name: "edge",
      algorithm: "least_connections",
      region: { slug: "fra1" },
    });
    expect(seen?.ip).toMatch(/^127\.\d+\.252\.\d+$/);
    await account.ask("DELETE", `/droplets/${id}`);
    expect((await account.ask("GET", path)).body.load_balancer?.droplet_ids).toEqual([]);
    expect((await account.ask("DELETE", path)).status).toBe(204);
  });

  test("need rules", async () => {
    const account = await start();
    expect(
      (await account.ask("POST", "/load_balancers", { name: "edge", forwarding_rules: [] })).status,
    ).toBe(422);
  });
});

import { describe, expect, test } from "vitest";
import { type Account, droplet, start } from "./account.ts";
import { deferred } from "./fake-platform.ts";

/** Does something to a droplet, waits until it is done, and returns what the droplet is like then. */
async function act(account: Account, id: number, body: object) {
  const asked = await account.ask("POST", `/droplets/${id}/actions`, body);
  if (asked.status !== 201) return asked.body;
  expect(asked.body.action).toMatchObject({
    status: "in-progress",
    resource_id: id,
    resource_type: "droplet",
  });
  await account.finished(Number(asked.body.action?.id));
  return (await account.ask("GET", `/droplets/${id}`)).body.droplet;
}

describe("power", () => {
  test("off, on and cycle act on the host", async () => {
    const account = await start();
    const id = await droplet(account);
    expect(await act(account, id, { type: "power_off" })).toMatchObject({ status: "off" });
    expect(await act(account, id, { type: "power_on" })).toMatchObject({ status: "active" });
    expect(await act(account, id, { type: "power_cycle" })).toMatchObject({ status: "active" });
    expect(await act(account, id, { type: "shutdown" })).toMatchObject({ status: "off" });
    expect(await act(account, id, { type: "shutdown" })).toMatchObject({ status: "off" });
    expect(account.platform.asked.slice(1)).toEqual([
      `off ${id}`,
      `on ${id}`,
      `off ${id}`,
      `on ${id}`,
      `off ${id}`,
    ]);
  });

  test("off twice, and on twice, are refused in the words that the provider looks for", async () => {
    const account = await start();
    const id = await droplet(account);
    expect(await act(account, id, { type: "power_on" })).toMatchObject({
      message: "Droplet is already powered on.",
    });
    await act(account, id, { type: "power_off" });
    expect(await act(account, id, { type: "power_off" })).toMatchObject({
      id: "unprocessable_entity",
      message: "Droplet is already powered off.",
    });
  });

  test("one action at a time", async () => {
    const account = await start();
    const id = await droplet(account);
    const slow = deferred();
    account.platform.gate = () => slow.promise;
    const first = await account.ask("POST", `/droplets/${id}/actions`, { type: "power_off" });
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet).toMatchObject({
      status: "active",
      locked: true,
    });
    const second = await account.ask("POST", `/droplets/${id}/actions`, { type: "power_cycle" });
    expect([second.status, second.body.message]).toEqual([422, "Droplet already has a pending event."]);
    slow.resolve();
    expect(await account.finished(Number(first.body.action?.id))).toBe("completed");
  });

  test("that the platform cannot do errors and changes nothing", async () => {
    const account = await start();
    const id = await droplet(account);
    account.platform.gate = () => Promise.reject(new TypeError("stuck"));
    expect(await act(account, id, { type: "power_off" })).toMatchObject({ status: "active", locked: false });
    expect(account.state.problems).toEqual([{ droplet: id, doing: "power_off", message: "stuck" }]);
    const actions = (await account.ask("GET", `/droplets/${id}/actions?per_page=50`)).body.actions;
    expect(actions?.map(({ type, status }: { type: string; status: string }) => `${type} ${status}`)).toEqual(
      ["power_off errored", "create completed"],
    );
  });
});

describe("resizing", () => {
  test("changes the size, and the disk only when asked to", async () => {
    const account = await start();
    const id = await droplet(account);
    await act(account, id, { type: "power_off" });
    const bigger = { type: "resize", size: "s-2vcpu-4gb" };
    expect(await act(account, id, { ...bigger, disk: false })).toMatchObject({
      memory: 4096,
      vcpus: 2,
      disk: 25,
    });
    expect(await act(account, id, { ...bigger, disk: true })).toMatchObject({
      size_slug: "s-2vcpu-4gb",
      disk: 80,
    });
  });

  test.each([
    ["while it runs", "active", "s-2vcpu-4gb", "must be powered off"],
    ["to an unknown size", "off", "s-9", "invalid size"],
    ["to a smaller disk", "off", "s-1vcpu-512mb-10gb", "smaller disk"],
  ])("%s is refused", async (_, status, size, message) => {
    const account = await start();
    const id = await droplet(account);
    if (status === "off") await act(account, id, { type: "power_off" });
    const refused = await act(account, id, { type: "resize", size });
    expect(refused?.message).toContain(message);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet).toMatchObject({
      size_slug: "s-1vcpu-1gb",
    });
  });
});

describe("other actions", () => {
  test("rename, backups and IPv6", async () => {
    const account = await start();
    const id = await droplet(account);
    expect(await act(account, id, { type: "rename", name: "web-9" })).toMatchObject({ name: "web-9" });
    const withBackups = await act(account, id, { type: "enable_backups" });
    expect(withBackups?.features).toContain("backups");
    const without = await act(account, id, { type: "disable_backups" });
    expect(without?.features).not.toContain("backups");
    const v6 = await act(account, id, { type: "enable_ipv6" });
    expect(v6?.networks).toMatchObject({ v6: [{ type: "public" }] });
  });

  test.each([
    [{ type: "rename", name: "no name" }, "Only valid hostname characters"],
    [{ type: "snapshot" }, "the rehearsal does not know the droplet action snapshot"],
    [{}, "type: "],
  ])("%j is refused", async (body, message) => {
    const account = await start();
    const id = await droplet(account);
    const refused = await account.ask("POST", `/droplets/${id}/actions`, body);
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain(message);
  });

  test("can be asked for by number, also below the droplet", async () => {
    const account = await start();
    const id = await droplet(account);
    const [created] = (await account.ask("GET", `/droplets/${id}/actions`)).body.actions ?? [];
    for (const path of [`/actions/${created?.id}`, `/droplets/${id}/actions/${created?.id}`]) {
      expect((await account.ask("GET", path)).body.action).toMatchObject({
        type: "create",
        status: "completed",
      });
    }
    expect((await account.ask("GET", "/actions/1")).status).toBe(404);
  });
});

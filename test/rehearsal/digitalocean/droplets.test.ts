import { describe, expect, test } from "vitest";
import { droplet, publicKey, start, wanted } from "./account.ts";
import { deferred } from "./fake-platform.ts";

describe("creating a droplet", () => {
  test("answers at once, and shows it active when its host has booted", async () => {
    const account = await start();
    const booted = deferred();
    account.platform.gate = () => booted.promise;
    const { status, body } = await account.ask("POST", "/droplets", wanted);
    expect(status).toBe(202);
    expect(body.droplet).toMatchObject({
      name: "web-1",
      status: "new",
      locked: true,
      networks: { v4: [], v6: [] },
    });
    const path = `/droplets/${body.droplet?.id}`;
    expect((await account.ask("GET", path)).body.droplet).toMatchObject({ status: "new", locked: true });
    booted.resolve();
    expect(await account.finished(Number(body.links?.actions[0]?.id))).toBe("completed");
    const seen = (await account.ask("GET", path)).body.droplet;
    expect(seen).toMatchObject({ status: "active", locked: false });
    expect(seen?.networks?.v4).toMatchObject([
      { type: "private", ip_address: "127.0.1.1" },
      { type: "public", ip_address: "127.0.1.1" },
    ]);
  });

  test("gives the platform what was asked for", async () => {
    const account = await start();
    const { body } = await account.ask("POST", "/account/keys", { name: "deploy", public_key: publicKey() });
    const fingerprint = body.ssh_key?.fingerprint;
    const more = { ssh_keys: [fingerprint], user_data: "#cloud-config\n", tags: ["shop", "env:staging"] };
    const id = await droplet(account, more);
    expect(account.platform.specs).toEqual([
      {
        id,
        name: "web-1",
        address: "127.0.1.1",
        userData: "#cloud-config\n",
        sshKeys: [publicKey()],
        tags: ["shop", "env:staging"],
      },
    ]);
  });

  test("shows everything that the provider reads", async () => {
    const account = await start();
    const id = await droplet(account, { monitoring: true, ipv6: true, backups: true, tags: ["shop"] });
    const seen = (await account.ask("GET", `/droplets/${id}`)).body.droplet;
    expect(seen).toMatchObject({
      id,
      region: { slug: "fra1" },
      size: { slug: "s-1vcpu-1gb", price_monthly: 6, price_hourly: 0.00893 },
      size_slug: "s-1vcpu-1gb",
      disk: 25,
      vcpus: 1,
      memory: 1024,
      volume_ids: [],
      tags: ["shop"],
      image: { slug: "ubuntu-24-04-x64" },
    });
    expect(seen?.features).toEqual(
      expect.arrayContaining(["monitoring", "ipv6", "backups", "private_networking"]),
    );
    expect(seen?.networks?.v6).toHaveLength(1);
    expect(seen?.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test.each<[string, object, RegExp]>([
    ["an unknown size", { size: "s-9" }, /^You specified an invalid size for Droplet creation\.$/],
    ["an unknown region", { region: "mars1" }, /^You specified an invalid region for Droplet creation\.$/],
    ["an unknown image", { image: "windows-11" }, /^You specified an invalid image for Droplet creation\.$/],
    ["an image that does not exist", { image: 7 }, /^You specified an invalid image for Droplet creation\.$/],
    ["a name that is none", { name: "web_1" }, /^Only valid hostname characters are allowed\./],
    ["a name that ends in a dash", { name: "web-" }, /^Only valid hostname characters are allowed\./],
    ["no name", { name: undefined }, /^name: /],
    [
      "keys that do not exist",
      { ssh_keys: [5, "aa:bb"] },
      /^5, aa:bb are invalid key identifiers for Droplet creation\.$/,
    ],
    ["a tag that is none", { tags: ["a b"] }, /^Tag name is invalid/],
    ["too much user data", { user_data: "x".repeat(65_537) }, /64 KiB/],
    ["a volume that does not exist", { volumes: [{ id: "v" }] }, /volume v does not exist/],
  ])("with %s is refused", async (_, change, message) => {
    const account = await start();
    const { status, body } = await account.ask("POST", "/droplets", { ...wanted, ...change });
    expect([status, body.id]).toEqual([422, "unprocessable_entity"]);
    expect(body.message).toMatch(message);
    expect(account.platform.asked).toEqual([]);
    expect(account.state.droplets.size).toBe(0);
  });

  test("past the account's limit is refused", async () => {
    const account = await start({ dropletLimit: 1 });
    await droplet(account);
    const { status, body } = await account.ask("POST", "/droplets", wanted);
    expect(status).toBe(422);
    expect(body.message).toContain("droplet limit");
  });

  test("takes as long as the pace says", async () => {
    const account = await start({ paceMilliseconds: 80 });
    const { body } = await account.ask("POST", "/droplets", wanted);
    const before = performance.now();
    await account.finished(Number(body.links?.actions[0]?.id));
    expect(performance.now() - before).toBeGreaterThan(50);
  });

  test("that cannot boot leaves a droplet that is new, an action that errored, and the reason", async () => {
    const account = await start();
    account.platform.gate = () => Promise.reject(new TypeError("no kernel"));
    const { body } = await account.ask("POST", "/droplets", wanted);
    const id = Number(body.droplet?.id);
    expect(await account.finished(Number(body.links?.actions[0]?.id))).toBe("errored");
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet).toMatchObject({
      status: "new",
      locked: false,
    });
    expect(account.state.problems).toEqual([{ droplet: id, doing: "create", message: "no kernel" }]);
    account.platform.gate = () => Promise.resolve();
    expect((await account.ask("DELETE", `/droplets/${id}`)).status).toBe(204);
  });
});

describe("deleting a droplet", () => {
  test("destroys the host and forgets it everywhere", async () => {
    const account = await start();
    const id = await droplet(account);
    const rules = [{ protocol: "tcp", ports: "22", sources: { addresses: ["0.0.0.0/0"] } }];
    const firewall = { name: "f", inbound_rules: rules, droplet_ids: [id] };
    const { body: made } = await account.ask("POST", "/firewalls", firewall);
    const { body: reserved } = await account.ask("POST", "/reserved_ips", { region: "fra1" });
    const ip = reserved.reserved_ip?.ip;
    const assign = await account.ask("POST", `/reserved_ips/${ip}/actions`, {
      type: "assign",
      droplet_id: id,
    });
    await account.finished(Number(assign.body.action?.id));

    expect((await account.ask("DELETE", `/droplets/${id}`)).status).toBe(204);

    expect(account.platform.asked.slice(-2)).toEqual([`unassign ${ip}`, `destroy ${id}`]);
    expect((await account.ask("GET", `/droplets/${id}`)).status).toBe(404);
    expect((await account.ask("GET", `/firewalls/${made.firewall?.id}`)).body.firewall?.droplet_ids).toEqual(
      [],
    );
    expect((await account.ask("GET", `/reserved_ips/${ip}`)).body.reserved_ip?.droplet).toBeNull();
    const { resources } = (await account.ask("GET", "/projects/default/resources")).body;
    expect(resources?.map(({ urn }: { urn: string }) => urn)).toEqual([`do:reservedip:${ip}`]);
  });

  test("is refused while something is being done to it", async () => {
    const account = await start();
    const booted = deferred();
    account.platform.gate = () => booted.promise;
    const { body } = await account.ask("POST", "/droplets", wanted);
    const refused = await account.ask("DELETE", `/droplets/${body.droplet?.id}`);
    expect([refused.status, refused.body.message]).toEqual([422, "Droplet already has a pending event."]);
    booted.resolve();
  });

  test("that the platform cannot do leaves it there", async () => {
    const account = await start();
    const id = await droplet(account);
    account.platform.gate = () => Promise.reject(new TypeError("busy"));
    expect((await account.ask("DELETE", `/droplets/${id}`)).status).toBe(500);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet).toMatchObject({ locked: false });
    expect(account.state.problems).toEqual([{ droplet: id, doing: "destroy", message: "busy" }]);
  });
});

describe("lists", () => {
  test("can be narrowed to a tag or a name", async () => {
    const account = await start();
    await droplet(account, { tags: ["a"] });
    await droplet(account, { name: "web-2", tags: ["b"] });
    const names = async (query: string) =>
      (await account.ask("GET", `/droplets${query}`)).body.droplets?.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names("")).toEqual(["web-1", "web-2"]);
    expect(await names("?tag_name=b")).toEqual(["web-2"]);
    expect(await names("?name=web-1")).toEqual(["web-1"]);
  });
});

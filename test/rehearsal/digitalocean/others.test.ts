import { describe, expect, test } from "vitest";
import { droplet, start } from "./account.ts";

describe("projects", () => {
  test("new resources belong to the default one; they can be moved; only empty ones can be deleted", async () => {
    const account = await start();
    const id = await droplet(account);
    const urn = `do:droplet:${id}`;
    const urns = async (project: string) =>
      (await account.ask("GET", `/projects/${project}/resources?page=1&per_page=200`)).body.resources.map(
        ({ urn }: { urn: string }) => urn,
      );
    expect(await urns("default")).toEqual([urn]);

    const made = await account.ask("POST", "/projects", {
      name: "shop",
      purpose: "Web",
      environment: "Staging",
    });
    expect(made.status).toBe(201);
    const project = String(made.body.project?.id);
    const moved = await account.ask("POST", `/projects/${project}/resources`, {
      resources: [urn, "do:droplet:9"],
    });
    expect(moved.body.resources?.map(({ status }: { status: string }) => status)).toEqual([
      "assigned",
      "not_found",
    ]);
    expect([await urns("default"), await urns(project)]).toEqual([[], [urn]]);

    const refused = await account.ask("DELETE", `/projects/${project}`);
    expect([refused.status, refused.body.id]).toEqual([412, "precondition_failed"]);
    await account.ask("POST", "/projects/default/resources", { resources: [urn] });
    expect((await account.ask("DELETE", `/projects/${project}`)).status).toBe(204);
    expect((await account.ask("GET", `/projects/${project}`)).status).toBe(404);
  });

  test("change, and one of them is the default", async () => {
    const account = await start();
    const made = await account.ask("POST", "/projects", { name: "shop", purpose: "Web" });
    const path = `/projects/${made.body.project?.id}`;
    const changed = await account.ask("PATCH", path, { description: "the shop", is_default: true });
    expect(changed.body.project).toMatchObject({
      name: "shop",
      purpose: "Web",
      description: "the shop",
      is_default: true,
    });
    const all = (await account.ask("GET", "/projects")).body.projects ?? [];
    expect(
      all
        .filter(({ is_default }: { is_default: boolean }) => is_default)
        .map(({ name }: { name: string }) => name),
    ).toEqual(["shop"]);
    expect((await account.ask("GET", "/projects/default")).body.project).toMatchObject({ name: "shop" });
    expect((await account.ask("DELETE", path)).status).toBe(412);
  });

  test.each([{ name: "shop" }, { purpose: "Web" }, { name: "a", purpose: "b", environment: "Moon" }])(
    "%j is refused",
    async (body) => {
      const account = await start();
      expect((await account.ask("POST", "/projects", body)).status).toBe(422);
    },
  );
});

describe("tags", () => {
  test("are put on droplets and taken off", async () => {
    const account = await start();
    const id = await droplet(account);
    const resources = { resources: [{ resource_id: String(id), resource_type: "droplet" }] };
    expect((await account.ask("POST", "/tags", { name: "blue" })).status).toBe(201);
    expect((await account.ask("POST", "/tags/blue/resources", resources)).status).toBe(204);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet?.tags).toEqual(["blue"]);
    expect((await account.ask("GET", "/tags/blue")).body.tag).toMatchObject({ resources: { count: 1 } });
    expect((await account.ask("DELETE", "/tags/blue/resources", resources)).status).toBe(204);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet?.tags).toEqual([]);
    expect((await account.ask("POST", "/tags/green/resources", resources)).status).toBe(404);
    expect((await account.ask("POST", "/tags", { name: "no spaces" })).status).toBe(422);
  });

  test("exist once a droplet has them, and leave it when they are deleted", async () => {
    const account = await start();
    const id = await droplet(account, { tags: ["shop"] });
    expect((await account.ask("GET", "/tags/shop")).status).toBe(200);
    expect((await account.ask("DELETE", "/tags/shop")).status).toBe(204);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet?.tags).toEqual([]);
  });
});

describe("uptime checks", () => {
  const check = { name: "shop", target: "https://example.com", regions: ["eu_west"] };
  const alert = {
    name: "down",
    type: "down",
    period: "2m",
    notifications: { email: ["a@example.com"], slack: [] },
  };

  test("and their alerts are kept", async () => {
    const account = await start();
    const made = await account.ask("POST", "/uptime/checks", check);
    expect([made.status, made.body.check]).toMatchObject([201, { ...check, type: "https", enabled: true }]);
    const path = `/uptime/checks/${made.body.check?.id}`;
    const alerted = await account.ask("POST", `${path}/alerts`, alert);
    expect([alerted.status, alerted.body.alert]).toMatchObject([201, alert]);
    const one = `${path}/alerts/${alerted.body.alert?.id}`;
    expect((await account.ask("PUT", one, { ...alert, period: "5m" })).body.alert).toMatchObject({
      period: "5m",
    });
    expect((await account.ask("GET", one)).body.alert).toMatchObject({
      id: alerted.body.alert?.id,
      period: "5m",
    });
    const changed = await account.ask("PUT", path, { ...check, enabled: false });
    expect(changed.body.check).toMatchObject({ enabled: false });
    expect((await account.ask("DELETE", one)).status).toBe(204);
    expect((await account.ask("DELETE", path)).status).toBe(204);
    expect((await account.ask("GET", one)).status).toBe(404);
  });

  test.each([
    ["/uptime/checks", { ...check, regions: ["moon"] }],
    ["/uptime/checks", { ...check, type: "gopher" }],
    ["/uptime/checks", { name: "no target" }],
  ])("POST %s %j is refused", async (path, body) => {
    const account = await start();
    expect((await account.ask("POST", path, body)).status).toBe(422);
  });
});

describe("alert policies", () => {
  const policy = {
    type: "v1/insights/droplet/cpu",
    description: "busy",
    compare: "GreaterThan",
    value: 90,
    window: "5m",
    entities: ["7"],
    alerts: { email: ["a@example.com"] },
  };

  test("are kept as given", async () => {
    const account = await start();
    const made = await account.ask("POST", "/monitoring/alerts", policy);
    expect(made.status).toBe(200);
    expect(made.body.policy).toMatchObject({
      ...policy,
      enabled: true,
      alerts: { email: ["a@example.com"], slack: [] },
    });
    const path = `/monitoring/alerts/${made.body.policy?.uuid}`;
    expect((await account.ask("PUT", path, { ...policy, value: 80 })).body.policy).toMatchObject({
      value: 80,
    });
    expect((await account.ask("GET", path)).body.policy).toMatchObject({ value: 80 });
    expect((await account.ask("DELETE", path)).status).toBe(204);
    expect((await account.ask("GET", path)).status).toBe(404);
  });

  test.each([{ type: "cpu" }, { compare: "==" }, { window: "7m" }, { alerts: undefined }])(
    "with %j are refused",
    async (change) => {
      const account = await start();
      expect((await account.ask("POST", "/monitoring/alerts", { ...policy, ...change })).status).toBe(422);
    },
  );
});

describe("volumes", () => {
  test("are attached, detached, grown and deleted", async () => {
    const account = await start();
    const id = await droplet(account);
    const made = await account.ask("POST", "/volumes", { name: "data", size_gigabytes: 10, region: "fra1" });
    expect(made.status).toBe(201);
    const path = `/volumes/${made.body.volume?.id}`;
    const act = async (body: object) => (await account.ask("POST", `${path}/actions`, body)).status;
    expect(await act({ type: "attach", droplet_id: id })).toBe(202);
    expect((await account.ask("GET", `/droplets/${id}`)).body.droplet?.volume_ids).toEqual([
      made.body.volume?.id,
    ]);
    expect((await account.ask("DELETE", path)).status).toBe(409);
    expect(await act({ type: "attach", droplet_id: id })).toBe(422);
    expect(await act({ type: "detach", droplet_id: id })).toBe(202);
    expect(await act({ type: "resize", size_gigabytes: 5 })).toBe(422);
    expect(await act({ type: "resize", size_gigabytes: 20 })).toBe(202);
    expect((await account.ask("GET", path)).body.volume).toMatchObject({
      size_gigabytes: 20,
      droplet_ids: [],
    });
    expect((await account.ask("DELETE", path)).status).toBe(204);
  });

  test("have a name of their own in their region", async () => {
    const account = await start();
    const body = { name: "data", size_gigabytes: 10, region: "fra1" };
    await account.ask("POST", "/volumes", body);
    expect((await account.ask("POST", "/volumes", body)).status).toBe(409);
    expect((await account.ask("POST", "/volumes", { ...body, region: "ams3" })).status).toBe(201);
    expect((await account.ask("GET", "/volumes?name=data&region=ams3")).body.volumes).toHaveLength(1);
  });
});

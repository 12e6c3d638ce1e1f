// The request sequences that the real provider was seen to make, against an API that only says what it must.
import { afterEach, assert, beforeEach, describe, expect, test, vi } from "vitest";
import { digitalocean } from "../../../../rehearsal/engine/providers/digitalocean/package.ts";
import type { ResourceType } from "../../../../rehearsal/engine/providers/provider.ts";
import { contextWith } from "./context.ts";
import { type Answer, type Asked, fakeApi } from "./fake-api.ts";

beforeEach(() => vi.stubEnv("LIFTLOCK_REHEARSAL_PACE", "0.001"));
afterEach(() => vi.unstubAllEnvs());

function typeOf(name: string): ResourceType {
  const found = Object.entries(digitalocean.resources).find(([token]) => token.endsWith(`:${name}`))?.[1];
  return found ?? assert.fail(`no type ${name}`);
}

/** Serves answers by line; the last answer of a line stays. */
function script(rules: Readonly<Record<string, readonly Answer[]>>) {
  const left = new Map(Object.entries(rules).map(([line, answers]) => [line, [...answers]]));
  return ({ line }: Asked): Answer => {
    const answers = left.get(line) ?? [];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? [500, { message: `unexpected ${line}` }];
  };
}

const droplet = (more: object = {}) => ({
  droplet: {
    id: 7,
    name: "web",
    region: { slug: "fra1" },
    size: { slug: "s-1", price_hourly: 0.1, price_monthly: 6 },
    status: "active",
    locked: false,
    networks: {
      v4: [
        { ip_address: "127.0.0.2", type: "public" },
        { ip_address: "10.0.0.2", type: "private" },
      ],
    },
    features: ["monitoring"],
    tags: ["a"],
    ...more,
  },
});

const inputs = {
  name: "web",
  region: "fra1",
  size: "s-1",
  image: "debian-12-x64",
  monitoring: true,
  sshKeys: ["12", "aa:bb"],
  tags: ["a"],
  userData: "#!",
};

describe("a droplet", () => {
  test("is created with the whole body and awaited until it is active and unlocked", async () => {
    await using api = await fakeApi(
      script({
        "POST /v2/droplets": [[202, { droplet: { id: 7 } }]],
        "GET /v2/droplets/7": [
          [200, droplet({ status: "new" })],
          [200, droplet({ locked: true })],
          [200, droplet()],
        ],
      }),
    );
    const made = await typeOf("Droplet").create(inputs, contextWith({ apiEndpoint: api.url, token: "t" }));
    expect(made.id).toBe("7");
    expect(made.outputs).toMatchObject({
      ipv4Address: "127.0.0.2",
      ipv4AddressPrivate: "10.0.0.2",
      dropletUrn: "do:droplet:7",
      status: "active",
      monitoring: true,
      backups: false,
      priceMonthly: 6,
    });
    expect(api.asked[0]).toMatchObject({
      headers: { authorization: "Bearer t" },
      body: {
        name: "web",
        region: "fra1",
        size: "s-1",
        image: "debian-12-x64",
        ssh_keys: [12, "aa:bb"],
        user_data: "#!",
        monitoring: true,
        tags: ["a"],
      },
    });
    expect(api.lines()).toEqual([
      "POST /v2/droplets",
      ...Array.from({ length: 3 }, () => "GET /v2/droplets/7"),
    ]);
  });

  test("is resized while it is off, renamed by an action, tagged through tags", async () => {
    const done = [200, { action: { id: 1, status: "completed" } }] as const;
    await using api = await fakeApi(
      script({
        "POST /v2/droplets/7/actions": [[201, { action: { id: 1, status: "in-progress" } }]],
        "GET /v2/actions/1": [[200, { action: { id: 1, status: "in-progress" } }], done],
        "GET /v2/droplets/7": [
          [200, droplet({ status: "off" })],
          [200, droplet({ size: { slug: "s-2" } })],
        ],
        "DELETE /v2/tags/a/resources": [[204]],
        "POST /v2/tags": [[201, {}]],
        "POST /v2/tags/b/resources": [[204]],
      }),
    );
    const olds = { ...inputs };
    const news = { ...inputs, size: "s-2", name: "shop", tags: ["b"] };
    await typeOf("Droplet").update?.("7", news, olds, contextWith({ apiEndpoint: api.url }));
    const actions = api.asked.filter(({ line }) => line.endsWith("/7/actions")).map(({ body }) => body);
    expect(actions).toEqual([
      { type: "power_off" },
      { type: "resize", size: "s-2", disk: true },
      { type: "power_on" },
      { type: "rename", name: "shop" },
    ]);
    expect(api.lines()).toContain("DELETE /v2/tags/a/resources");
    expect(api.lines()).toContain("POST /v2/tags/b/resources");
  });

  test("is deleted until it is gone; one that is gone already is no error", async () => {
    await using api = await fakeApi(
      script({
        "GET /v2/droplets/7": [
          [200, droplet()],
          [200, droplet()],
          [404, { message: "gone" }],
        ],
        "DELETE /v2/droplets/7": [[204]],
      }),
    );
    const context = contextWith({ apiEndpoint: api.url });
    await typeOf("Droplet").delete?.("7", {}, context);
    expect(api.lines().at(-1)).toBe("GET /v2/droplets/7");
    await typeOf("Droplet").delete?.("7", {}, context);
    expect(await typeOf("Droplet").read?.("7", {}, context)).toBeUndefined();
  });

  test("gets a name of its own when the program gives none, and keeps it", () => {
    const check = typeOf("Droplet").check?.bind(typeOf("Droplet"));
    const first = check?.({ image: "x" }, undefined, "web");
    expect(first?.name).toMatch(/^web-[0-9a-f]{7}$/);
    expect(check?.({ image: "y" }, first, "web").name).toBe(first?.name);
  });
});

describe("the API", () => {
  test.each([429, 500, 503])("is asked again after %i", async (status) => {
    await using api = await fakeApi(
      script({ "GET /v2/account/keys/1": [[status], [status], [200, { ssh_key: { id: 1, name: "k" } }]] }),
    );
    const read = await typeOf("SshKey").read?.("1", {}, contextWith({ apiEndpoint: api.url }));
    expect(read?.outputs.name).toBe("k");
    expect(api.asked).toHaveLength(3);
  });

  test("is asked once when it refuses, and its words are passed on", async () => {
    await using api = await fakeApi(
      script({ "POST /v2/droplets": [[422, { message: "You specified an invalid size" }]] }),
    );
    const creation = typeOf("Droplet").create(inputs, contextWith({ apiEndpoint: api.url }));
    await expect(creation).rejects.toThrow(
      /^Error creating droplet: POST \S+\/v2\/droplets: 422 You specified an invalid size$/,
    );
    expect(api.asked).toHaveLength(1);
  });

  test("is given up when nobody answers", async () => {
    const creation = typeOf("Droplet").create(inputs, contextWith({ apiEndpoint: "http://127.0.0.1:1" }));
    await expect(creation).rejects.toThrow(/ECONNREFUSED/);
  });
});

test("a reserved address is assigned once the droplet is idle", async () => {
  await using api = await fakeApi(
    script({
      "GET /v2/droplets/7/actions?per_page=50": [
        [200, { actions: [{ status: "in-progress" }] }],
        [200, { actions: [{ status: "completed" }] }],
      ],
      "POST /v2/reserved_ips/127.0.0.9/actions": [[201, { action: { id: 5, status: "in-progress" } }]],
      "GET /v2/reserved_ips/127.0.0.9/actions/5": [
        [200, { action: { id: 5, status: "in-progress" } }],
        [200, { action: { id: 5, status: "completed" } }],
      ],
      "GET /v2/reserved_ips/127.0.0.9": [[200, { reserved_ip: { ip: "127.0.0.9", droplet: { id: 7 } } }]],
    }),
  );
  const context = contextWith({ apiEndpoint: api.url });
  const type = typeOf("ReservedIpAssignment");
  const made = await type.create({ dropletId: 7, ipAddress: "127.0.0.9" }, context);
  expect(api.asked.find(({ line }) => line.startsWith("POST"))?.body).toEqual({
    type: "assign",
    droplet_id: 7,
  });
  expect(await type.read?.(made.id, made.outputs, context)).toMatchObject({ id: made.id });
  expect(await type.read?.(made.id, { ...made.outputs, dropletId: 8 }, context)).toBeUndefined();
});

test("firewall rules are told in the API's words and come back in the SDK's", async () => {
  const rules = {
    inbound_rules: [{ protocol: "tcp", ports: "22", sources: { addresses: ["0.0.0.0/0"], tags: ["web"] } }],
    outbound_rules: [{ protocol: "tcp", ports: "0", destinations: { addresses: ["::/0"] } }],
  };
  await using api = await fakeApi(
    script({
      "POST /v2/firewalls": [[202, { firewall: { id: "f", name: "fw" } }]],
      "GET /v2/firewalls/f": [
        [
          200,
          { firewall: { id: "f", name: "fw", status: "succeeded", droplet_ids: [7], tags: [], ...rules } },
        ],
      ],
    }),
  );
  const made = await typeOf("Firewall").create(
    {
      name: "fw",
      dropletIds: ["7"],
      inboundRules: [
        { protocol: "tcp", portRange: "22", sourceAddresses: ["0.0.0.0/0"], sourceTags: ["web"] },
      ],
      outboundRules: [{ protocol: "tcp", portRange: "all", destinationAddresses: ["::/0"] }],
    },
    contextWith({ apiEndpoint: api.url }),
  );
  expect(api.asked[0]?.body).toMatchObject({ droplet_ids: [7], inbound_rules: rules.inbound_rules });
  expect(made.outputs).toMatchObject({
    inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["0.0.0.0/0"], sourceTags: ["web"] }],
    outboundRules: [{ protocol: "tcp", portRange: "all", destinationAddresses: ["::/0"] }],
  });
});

test("a project is emptied into the default one before it is deleted, and asked again while it is not empty", async () => {
  await using api = await fakeApi(
    script({
      "GET /v2/projects/p": [[200, { project: { id: "p" } }]],
      "GET /v2/projects/p/resources?page=1&per_page=200": [[200, { resources: [{ urn: "do:droplet:7" }] }]],
      "GET /v2/projects/default": [[200, { project: { id: "d" } }]],
      "POST /v2/projects/d/resources": [[200, {}]],
      "DELETE /v2/projects/p": [[412, { message: "not empty" }], [204]],
    }),
  );
  await typeOf("Project").delete?.("p", {}, contextWith({ apiEndpoint: api.url }));
  expect(api.asked.find(({ line }) => line.startsWith("POST"))?.body).toEqual({
    resources: ["do:droplet:7"],
  });
  expect(api.lines().slice(-2)).toEqual(["DELETE /v2/projects/p", "DELETE /v2/projects/p"]);
});

import { describe, expect, test } from "vitest";
import { type Account, start } from "./account.ts";

async function withDomain(): Promise<Account> {
  const account = await start();
  expect((await account.ask("POST", "/domains", { name: "example.com" })).status).toBe(201);
  return account;
}

const records = "/domains/example.com/records";

describe("domains", () => {
  test("come with their name servers, and an address if one is given", async () => {
    const account = await start();
    await account.ask("POST", "/domains", { name: "example.com", ip_address: "192.0.2.1" });
    const all = (await account.ask("GET", records)).body.domain_records ?? [];
    expect(
      all.map(
        ({ type, name, data }: { type: string; name: string; data: string }) => `${name} ${type} ${data}`,
      ),
    ).toEqual([
      "@ NS ns1.digitalocean.com",
      "@ NS ns2.digitalocean.com",
      "@ NS ns3.digitalocean.com",
      "@ A 192.0.2.1",
    ]);
    expect((await account.ask("GET", "/domains/example.com")).body.domain).toMatchObject({ ttl: 1800 });
  });

  test.each(["localhost", "-a.com", "a..com", "example.com.", "exa mple.com"])("%s is none", async (name) => {
    const account = await start();
    expect((await account.ask("POST", "/domains", { name })).status).toBe(422);
  });

  test("exist once; deleted, they are gone with their records", async () => {
    const account = await withDomain();
    const again = await account.ask("POST", "/domains", { name: "example.com" });
    expect([again.status, again.body.message]).toEqual([422, "Domain already exists"]);
    expect((await account.ask("DELETE", "/domains/example.com")).status).toBe(204);
    expect((await account.ask("GET", records)).status).toBe(404);
  });
});

describe("records", () => {
  test.each([
    [
      { type: "A", name: "www", data: "192.0.2.7", ttl: 60 },
      { data: "192.0.2.7", ttl: 60 },
    ],
    [
      { type: "AAAA", name: "@", data: "2001:db8::1" },
      { data: "2001:db8::1", ttl: 1800 },
    ],
    [{ type: "CNAME", name: "api", data: "example.com." }, { data: "example.com" }],
    [{ type: "CNAME", name: "*", data: "@" }, { data: "@" }],
    [
      { type: "MX", name: "@", data: "mail.example.com.", priority: 10 },
      { data: "mail.example.com", priority: 10 },
    ],
    [{ type: "TXT", name: "_dmarc", data: "v=DMARC1" }, { data: "v=DMARC1" }],
    [
      { type: "SRV", name: "_sip._tcp", data: "sip.example.com.", priority: 1, port: 5060, weight: 2 },
      { data: "sip.example.com", port: 5060, weight: 2 },
    ],
    [
      { type: "CAA", name: "@", data: "letsencrypt.org.", flags: 0, tag: "issue" },
      { data: "letsencrypt.org", flags: 0 },
    ],
    [{ type: "CAA", name: "@", data: "mailto:a@b.c", flags: 0, tag: "iodef" }, { data: "mailto:a@b.c" }],
  ])("%j is kept as %j", async (given, kept) => {
    const account = await withDomain();
    const made = await account.ask("POST", records, given);
    expect(made.status).toBe(201);
    const { body } = await account.ask("GET", `${records}/${made.body.domain_record?.id}`);
    expect(body.domain_record).toMatchObject({ type: given.type, name: given.name, ...kept });
  });

  test.each([
    [{ type: "A", name: "www", data: "2001:db8::1" }, "IPv4"],
    [{ type: "AAAA", name: "www", data: "192.0.2.1" }, "IPv6"],
    [{ type: "CNAME", name: "www", data: "example.org" }, "end with a dot"],
    [{ type: "CNAME", name: "@", data: "example.org." }, "at the domain itself"],
    [{ type: "MX", name: "@", data: "mail.example.com." }, "priority is required"],
    [{ type: "SRV", name: "_a._b", data: "a.b.", priority: 1, port: 1 }, "weight is required"],
    [{ type: "CAA", name: "@", data: "a.b.", flags: 0 }, "tag is required"],
    [{ type: "A", name: "www", data: "192.0.2.1", ttl: 29 }, "at least 30"],
    [{ type: "A", name: "w w", data: "192.0.2.1" }, "name"],
    [{ type: "HINFO", name: "www", data: "x" }, "type"],
  ])("%j is refused", async (given, message) => {
    const account = await withDomain();
    const { status, body } = await account.ask("POST", records, given);
    expect(status).toBe(422);
    expect(body.message).toContain(message);
    expect(account.state.domains.get("example.com")?.records.size).toBe(3);
  });

  test("a CNAME stands alone under its name", async () => {
    const account = await withDomain();
    const address = { type: "A", name: "www", data: "192.0.2.1" };
    const alias = { type: "CNAME", name: "www", data: "example.org." };
    const made = await account.ask("POST", records, address);
    expect((await account.ask("POST", records, alias)).status).toBe(422);
    expect((await account.ask("POST", records, { ...address, data: "192.0.2.2" })).status).toBe(201);
    await account.ask("DELETE", `${records}/${made.body.domain_record?.id}`);
    expect((await account.ask("POST", records, alias)).status).toBe(422);
  });

  test("change without their type being given again", async () => {
    const account = await withDomain();
    const made = await account.ask("POST", records, { type: "CNAME", name: "www", data: "a.example.org." });
    const path = `${records}/${made.body.domain_record?.id}`;
    const renamed = await account.ask("PUT", path, { name: "web", ttl: 60 });
    expect(renamed.body.domain_record).toMatchObject({
      type: "CNAME",
      name: "web",
      data: "a.example.org",
      ttl: 60,
    });
    const moved = await account.ask("PATCH", path, { data: "b.example.org." });
    expect(moved.body.domain_record).toMatchObject({ name: "web", data: "b.example.org" });
    expect((await account.ask("PUT", path, { data: "no dot" })).status).toBe(422);
  });

  test("are listed by type and by full name", async () => {
    const account = await withDomain();
    await account.ask("POST", records, { type: "A", name: "www", data: "192.0.2.1" });
    const list = async (query: string) =>
      (await account.ask("GET", `${records}${query}`)).body.domain_records?.map(
        ({ name, type }: { name: string; type: string }) => `${name} ${type}`,
      );
    expect(await list("?type=A")).toEqual(["www A"]);
    expect(await list("?name=www.example.com")).toEqual(["www A"]);
    expect(await list("?name=example.com&type=NS")).toHaveLength(3);
  });
});

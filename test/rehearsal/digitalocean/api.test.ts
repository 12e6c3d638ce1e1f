import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { publicKey, start } from "./account.ts";

describe("conventions of the API", () => {
  test.each([undefined, "Bearer wrong", "secret", "Basic secret"])(
    "Authorization: %s is not let in",
    async (given) => {
      const { url } = await start();
      const answer = await fetch(`${url}/v2/droplets`, {
        headers: given === undefined ? {} : { authorization: given },
      });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toEqual({ id: "Unauthorized", message: "Unable to authenticate you" });
    },
  );

  test("what is not there, and what is not imitated, are both 404; only the latter is recorded", async () => {
    const account = await start();
    const missing = await account.ask("GET", "/droplets/7");
    expect(missing.body).toEqual({
      id: "not_found",
      message: "The resource you were accessing could not be found.",
    });
    expect(account.requests.unknown()).toEqual([]);
    const unknown = await account.ask("GET", "/kubernetes/clusters");
    expect([unknown.status, unknown.body.message]).toEqual([
      404,
      "the rehearsal's digitalocean has no GET /v2/kubernetes/clusters",
    ]);
    expect(account.requests.unknown()).toMatchObject([{ path: "/v2/kubernetes/clusters" }]);
  });

  test("the rate limit is told, counted, and kept to", async () => {
    const account = await start({ hourlyLimit: 3 });
    const left: (string | null)[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { headers } = await account.ask("GET", "/account");
      left.push(headers.get("ratelimit-remaining"));
      expect(headers.get("ratelimit-limit")).toBe("3");
      expect(Number(headers.get("ratelimit-reset"))).toBeGreaterThan(Date.now() / 1000);
    }
    expect(left).toEqual(["2", "1", "0"]);
    const refused = await account.ask("GET", "/account");
    expect([refused.status, refused.body.id]).toEqual([429, "too_many_requests"]);
    expect(refused.headers.get("ratelimit-remaining")).toBe("0");
  });

  test("a body that is not JSON is 400", async () => {
    const { url } = await start();
    const headers = { authorization: "Bearer secret" };
    const answer = await fetch(`${url}/v2/droplets`, { method: "POST", headers, body: "{" });
    expect([answer.status, await answer.json()]).toMatchObject([400, { id: "bad_request" }]);
  });

  test("faults come in the API's shape", async () => {
    const account = await start();
    const action = { kind: "status", status: 503, retryAfterSeconds: 1 } as const;
    account.faults.add({ part: "digitalocean", match: "GET /v2/account", action });
    const { status, body, headers } = await account.ask("GET", "/account");
    expect([status, body.id, headers.get("retry-after")]).toEqual([503, "service_unavailable", "1"]);
  });
});

describe("pages", () => {
  test("whatever their size, following the links brings everything once", async () => {
    const account = await start();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (count, perPage) => {
          account.state.tags.clear();
          const names = Array.from({ length: count }, (_, n) => `tag-${n}`);
          for (const name of names) account.state.tags.add(name);
          const seen: unknown[] = [];
          let path: string | undefined = `/tags?per_page=${perPage}`;
          while (path !== undefined) {
            const { body } = await account.ask("GET", path);
            expect(body.meta?.total).toBe(count);
            seen.push(...(body.tags?.map(({ name }: { name: string }) => name) ?? []));
            const next: string | undefined = body.links?.pages?.next;
            path = next?.slice(`${account.url}/v2`.length);
          }
          expect(seen).toEqual(names);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("have 20 entries, 200 at most, and know their neighbours", async () => {
    const account = await start();
    for (let n = 0; n < 250; n += 1) account.state.tags.add(`tag-${n}`);
    expect((await account.ask("GET", "/tags")).body.tags).toHaveLength(20);
    expect((await account.ask("GET", "/tags?per_page=999")).body.tags).toHaveLength(200);
    const { pages } = (await account.ask("GET", "/tags?page=2&per_page=100")).body.links ?? {};
    const numbers = Object.entries<string>(pages ?? {}).map(([rel, url]) => [
      rel,
      new URL(url).searchParams.get("page"),
    ]);
    expect(Object.fromEntries(numbers)).toEqual({ first: "1", prev: "1", next: "3", last: "3" });
  });
});

describe("SSH keys", () => {
  test("are created, found by number and fingerprint, renamed and deleted", async () => {
    const account = await start();
    const { status, body } = await account.ask("POST", "/account/keys", {
      name: "a",
      public_key: publicKey(),
    });
    expect(status).toBe(201);
    // ssh-keygen -l -E md5 says the same of this key.
    expect(body.ssh_key?.fingerprint).toBe("d6:9a:30:45:17:cf:91:c4:27:94:f3:22:92:a3:00:0e");
    for (const id of [body.ssh_key?.id, body.ssh_key?.fingerprint]) {
      expect((await account.ask("GET", `/account/keys/${id}`)).body).toEqual(body);
    }
    const path = `/account/keys/${body.ssh_key?.id}`;
    expect((await account.ask("PUT", path, { name: "b" })).body.ssh_key).toMatchObject({ name: "b" });
    expect((await account.ask("DELETE", path)).status).toBe(204);
    expect((await account.ask("GET", path)).status).toBe(404);
  });

  test("are unique by fingerprint", async () => {
    const account = await start();
    await account.ask("POST", "/account/keys", { name: "a", public_key: publicKey(1) });
    const again = await account.ask("POST", "/account/keys", {
      name: "b",
      public_key: `${publicKey(1)} other`,
    });
    expect([again.status, again.body.message]).toEqual([422, "SSH Key is already in use on your account"]);
    expect((await account.ask("POST", "/account/keys", { name: "b", public_key: publicKey(2) })).status).toBe(
      201,
    );
  });

  test.each(["", "ssh-ed25519", "ssh-ed25519 AAAA", `ssh-rsa ${publicKey().split(" ")[1]}`])(
    "%s is none",
    async (public_key) => {
      const account = await start();
      const { status, body } = await account.ask("POST", "/account/keys", { name: "a", public_key });
      expect([status, body.message]).toEqual([
        422,
        "Key invalid, key should be of the format `type key [comment]`",
      ]);
    },
  );
});

test("regions, sizes and images are listed", async () => {
  const account = await start();
  expect(
    (await account.ask("GET", "/regions")).body.regions?.map(({ slug }: { slug: string }) => slug),
  ).toContain("fra1");
  const sizes = (await account.ask("GET", "/sizes")).body.sizes ?? [];
  expect(sizes.find(({ slug }: { slug: string }) => slug === "s-2vcpu-4gb")).toMatchObject({
    price_monthly: 24,
    available: true,
  });
  expect(
    (await account.ask("GET", "/images")).body.images?.map(({ slug }: { slug: string }) => slug),
  ).toContain("ubuntu-24-04-x64");
});

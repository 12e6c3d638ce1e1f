/** Certificates from an authority, on the edges of two hosts: the host's own program, a real authority, real HTTPS. */
import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AcmeAuthority, startAcme } from "../../rehearsal/acme/server.ts";
import { newAuthority } from "../../rehearsal/registry/tls/authority.ts";
import { startWorld, type World } from "../../rehearsal/world/world.ts";
import { drift } from "../../src/automation/drift.ts";
import { deploy } from "../../src/automation/promote.ts";
import { environmentStatus } from "../../src/automation/status.ts";
import { run } from "../rehearsal/host/ssh.ts";
import { actor, pulumi } from "./stage.ts";
import { configure, hostNumber, productionHosts } from "./strategies.ts";

const names = ["example.com", "www.example.com"];
const patience = 300_000;
const port = 8443;

let world: World;
let authority: AcmeAuthority;
let number = 0;

beforeAll(async () => {
  world = await startWorld({
    directory: mkdtempSync(join(tmpdir(), "liftlock-acme-")),
    hosts: 2,
    health: { timeout: 5, window: 0 },
    strategy: { type: "blueGreen" },
  });
  Object.assign(process.env, world.environment);
  // Whoever asks for a name is led to every host: any of them may be asked.
  const resolve = (name: string) =>
    names.includes(name) ? productionHosts(world).map(({ droplet }) => droplet.address) : [];
  authority = await startAcme({ faults: world.faults, names: { resolve, port: world.ports.http } });
  useAcme();
  const { exit, output } = await pulumi(world, ["up", "--yes", "--skip-preview", "--stack", "production"]);
  expect([exit, exit === 0 ? "" : output]).toEqual([0, ""]);
}, patience);

afterAll(async () => {
  await authority?.close();
  await world?.[Symbol.asyncDispose]();
}, patience);

/** Changes how certificates are asked for. */
function useAcme(change: object = {}): void {
  configure(world, (config) => {
    const acme = {
      email: "operators@example.com",
      directory: authority.directory,
      root: authority.transportRoot,
      ...change,
    };
    config["liftlock:edge"] = { ...config["liftlock:edge"], tls: { port, acme } };
    // They are asked at their addresses, over plain HTTP; everything else is led to HTTPS.
    config["liftlock:health"] = { ...config["liftlock:health"], paths: ["/healthz"] };
    config["liftlock:fleet"] = { ...config["liftlock:fleet"], ports: [world.ports.http, port] };
  });
}

async function lift() {
  number += 1;
  const release = await world.release(`1.${number}.0`, "1111111");
  const who = actor(world);
  const result = await deploy(who.context, { environment: "production", release, allow: [] });
  return { release, result, messages: who.messages };
}

/** What a host shows to somebody who trusts the authority, or anybody. */
const shown = (host: number, trusting = true) =>
  new Promise<DetailedPeerCertificate & { status: number }>((resolve, reject) => {
    const { address } = hostNumber(world, host).droplet;
    const options = {
      host: address,
      port,
      path: "/api/version",
      servername: "www.example.com",
      headers: { host: "www.example.com" },
      ca: authority.root,
      rejectUnauthorized: trusting,
      agent: false,
    };
    request(options, (answer) => {
      const certificate = (answer.socket as TLSSocket).getPeerCertificate(true);
      answer.resume();
      resolve({ ...certificate, status: answer.statusCode ?? 0 });
    })
      .once("error", reject)
      .end();
  });

const edgeOf = (host: number) => join(hostNumber(world, host).home("liftlock"), "liftlock", "edge");

/** Runs what the host's timer runs. */
const renew = (host: number, argument = "") =>
  run(
    {
      address: hostNumber(world, host).droplet.address,
      port: world.ports.ssh,
      user: "liftlock",
      privateKey: world.secrets.production.privateKey,
    },
    `sh ~/liftlock/edge/acme/renew.sh ${argument}`,
  );

const certificateOf = (host: number) => readFileSync(join(edgeOf(host), "tls.pem"), "utf8");

const status = async () => environmentStatus(actor(world).context, "production");

/** Keeps asking both hosts over HTTPS until it is stopped; what was not 200. */
function askAllTheTime(trusting = true): { stop: () => Promise<{ asked: number; bad: unknown[] }> } {
  const seen = { asked: 0, bad: [] as unknown[] };
  let on = true;
  const asking = [1, 2].map(async (host) => {
    while (on) {
      const answer = await shown(host, trusting).catch((cause: unknown) => ({ status: String(cause) }));
      seen.asked += 1;
      if (answer.status !== 200) seen.bad.push(answer.status);
    }
  });
  return {
    async stop() {
      on = false;
      await Promise.all(asking);
      return seen;
    },
  };
}

const struck = () => world.faults.history.filter(({ part }) => part === "acme").length;
const asked = () => authority.requests.all().length;

describe("an authority that is down", () => {
  it(
    "keeps no release from people: the first one is served with a certificate of the host's own, and status says so",
    async () => {
      world.faults.add({ part: "acme", match: ".", action: { kind: "refuse" }, times: "always" });
      const { result } = await lift();
      expect(result.reason).toBeUndefined();
      expect(result.status).toBe("Completed");
      expect(struck()).toBeGreaterThan(0);
      for (const host of [1, 2]) {
        await expect(shown(host)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
        expect((await shown(host, false)).subject.O).toContain("Not issued by an authority");
      }
      const { problems, hosts } = await status();
      expect(
        problems.filter((problem) => /of its own: no authority .*tried once/.test(problem)),
      ).toHaveLength(2);
      expect(hosts[0]?.certificate).toMatchObject({ names, issuer: "the host itself" });
    },
    patience,
  );

  it("is left alone for a while, by the timer too", async () => {
    const before = asked();
    expect((await renew(1)).code).toBe(0);
    expect(asked()).toBe(before);
    expect(readFileSync(join(edgeOf(1), "acme", "failures"), "utf8")).toMatch(/^1 \d+ /);
  });

  it("is asked ever more rarely, once a day at last", async () => {
    for (const [tries, pause] of [1800, 5400, 16_200, 48_600, 86_400, 86_400].entries()) {
      const start = Math.floor(Date.now() / 1000);
      expect((await renew(1, "now")).stderr).toContain("CertificateFailed");
      const [count, next] = readFileSync(join(edgeOf(1), "acme", "failures"), "utf8")
        .split(" ")
        .map(Number);
      expect(count).toBe(tries + 2);
      expect(next).toBeGreaterThanOrEqual(start + pause);
      expect(next).toBeLessThanOrEqual(Date.now() / 1000 + pause * 1.25);
    }
  });
});

describe("an authority that works", () => {
  it("gives every host a certificate of its own, and no request is lost", async () => {
    world.faults.clear();
    const people = askAllTheTime(false);
    for (const host of [1, 2]) expect(await renew(host, "now")).toMatchObject({ code: 0, stderr: "" });
    expect((await people.stop()).bad).toEqual([]);
    for (const host of [1, 2]) {
      const { subjectaltname, status: code } = await shown(host);
      expect([code, subjectaltname]).toEqual([200, "DNS:example.com, DNS:www.example.com"]);
      expect(statSync(join(edgeOf(host), "tls.pem")).mode & 0o777).toBe(0o600);
      expect(existsSync(join(edgeOf(host), "acme", "failures"))).toBe(false);
    }
    expect(certificateOf(1)).not.toBe(certificateOf(2));
    // One account for all hosts.
    expect(authority.accounts).toHaveLength(1);
    expect((await status()).problems).toEqual([]);
  });

  it("is not asked again while the certificates are good", async () => {
    const before = asked();
    for (const host of [1, 2]) expect((await renew(host)).code).toBe(0);
    expect(asked()).toBe(before);
  });

  it(
    "may be down then: a deployment does not even ask it",
    async () => {
      world.faults.add({ part: "acme", match: ".", action: { kind: "refuse" }, times: "always" });
      const [before, harmed] = [certificateOf(1), struck()];
      const people = askAllTheTime();
      const { result } = await lift();
      const { asked: count, bad } = await people.stop();
      world.faults.clear();
      expect([result.status, bad]).toEqual(["Completed", []]);
      expect(count).toBeGreaterThan(20);
      expect(struck()).toBe(harmed);
      expect(certificateOf(1)).toBe(before);
    },
    patience,
  );

  it(
    "is asked at once for other names, beside the deployment that brings them",
    async () => {
      // They have a tenth of their life left.
      authority.lifetime = { from: -81, until: 9 };
      useAcme({ names: ["www.example.com"] });
      expect((await lift()).result.status).toBe("Completed");
      for (const host of [1, 2])
        await expect
          .poll(async () => (await shown(host)).subjectaltname, { timeout: 20_000 })
          .toBe("DNS:www.example.com");
      expect((await status()).problems).toEqual([
        expect.stringMatching(/-1: its edge's certificate ends in 8 days$/),
        expect.stringMatching(/-2: its edge's certificate ends in 8 days$/),
      ]);
    },
    patience,
  );

  it("is asked by the timer's program when less than a third is left, and nobody notices", async () => {
    authority.lifetime = { from: 0, until: 90 };
    const people = askAllTheTime();
    for (const host of [1, 2]) expect(await renew(host)).toMatchObject({ code: 0, stderr: "" });
    const { asked: count, bad } = await people.stop();
    expect(bad).toEqual([]);
    expect(count).toBeGreaterThan(5);
    for (const host of [1, 2])
      expect(Date.parse((await shown(host)).valid_to) - Date.now()).toBeGreaterThan(89 * 86_400_000);
    expect((await status()).hosts.map(({ certificate }) => certificate?.days)).toEqual([89, 89]);
  });
});

describe("names that the authority does not accept", () => {
  it(
    "leave the certificate that is there; status and drift say what is missing, and why",
    async () => {
      useAcme({ names: ["www.example.com", "nobody.example.com"] });
      const before = certificateOf(1);
      expect((await lift()).result.status).toBe("Completed");
      await expect
        .poll(() => existsSync(join(edgeOf(1), "acme", "failures")), { timeout: 20_000 })
        .toBe(true);
      await expect
        .poll(() => existsSync(join(edgeOf(2), "acme", "failures")), { timeout: 20_000 })
        .toBe(true);
      expect(certificateOf(1)).toBe(before);
      expect((await shown(1)).status).toBe(200);
      const said = /lacks nobody\.example\.com \(.*no address of nobody\.example\.com was found/;
      expect((await status()).problems).toEqual([expect.stringMatching(said), expect.stringMatching(said)]);
      const { differences } = await drift(actor(world).context, "production");
      expect(differences.filter(({ where }) => where === "host").map(({ what }) => what)).toEqual([
        expect.stringMatching(said),
        expect.stringMatching(said),
      ]);
    },
    patience,
  );
});

it(
  "a host without the client refuses a release that needs it, and goes on serving",
  async () => {
    useAcme({ names: ["example.com"] });
    const before = certificateOf(1);
    const missing = { kind: "status", status: 127 } as const;
    world.faults.add({ part: "host", match: " dehydrated --version", action: missing, times: "always" });
    const { result } = await lift();
    world.faults.clear();
    expect(result).toMatchObject({ status: "RolledBack", reason: { code: "CertificateClientMissing" } });
    expect((await shown(1)).status).toBe(200);
    expect(certificateOf(1)).toBe(before);
  },
  patience,
);

it("keeps the keys of certificates on the hosts, and the account's where secrets are", async () => {
  const { exit, output } = await pulumi(world, ["stack", "export", "--stack", "production"]);
  expect(exit).toBe(0);
  expect(output).not.toContain("PRIVATE KEY");
  const keyOf = (host: number) => /BEGIN PRIVATE KEY-----\n(.+)/.exec(certificateOf(host))?.[1] ?? "none";
  const { output: shownSecrets } = await pulumi(world, [
    "stack",
    "export",
    "--show-secrets",
    "--stack",
    "production",
  ]);
  for (const host of [1, 2]) expect(shownSecrets).not.toContain(keyOf(host));
});

it(
  "gives way to a configured certificate, and leaves nothing behind where there is to be none",
  async () => {
    const own = newAuthority();
    const { key, certificate } = own.issue("www.example.com");
    configure(world, (config) => {
      config["liftlock:edge"] = { ...config["liftlock:edge"], tls: { port, certificate } };
    });
    const set = ["config", "set", "--secret", "--path", "liftlock:edge.tls.key", "--stack", "production"];
    expect((await pulumi(world, [...set, "--", key])).exit).toBe(0);
    expect((await lift()).result.status).toBe("Completed");
    expect(new X509Certificate(certificateOf(1)).verify(new X509Certificate(own.certificate).publicKey)).toBe(
      true,
    );
    expect((await shown(1, false)).subject.CN).toBe("www.example.com");
    expect(existsSync(join(edgeOf(1), "acme"))).toBe(false);
    // It is good for a week: a person has to see to that.
    expect((await status()).problems).toEqual(
      [1, 2].map(() => expect.stringMatching(/ends in 6 days$/) as string),
    );
    configure(world, (config) => {
      const { tls: _, ...plain } = config["liftlock:edge"] ?? {};
      config["liftlock:edge"] = plain;
    });
    expect((await lift()).result.status).toBe("Completed");
    expect(existsSync(join(edgeOf(1), "tls.pem"))).toBe(false);
    expect((await status()).problems).toEqual([]);
  },
  patience,
);

it(
  "comes to hosts that served without: each waits until the others answer challenges too",
  async () => {
    useAcme();
    expect((await lift()).result.status).toBe("Completed");
    for (const host of [1, 2]) expect((await shown(host)).status).toBe(200);
    expect((await status()).problems).toEqual([]);
  },
  patience,
);

/** Challenges of authorities and certificates that change, for the stand-in and the real haproxy alike. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edgeConfiguration } from "../../../../infra/edge.ts";
import { freePort } from "../world.ts";
import { ask, type Subject, subjects } from "./subjects.ts";

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
})();

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-certificates-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A certificate of its own key, and that key, PEM. */
function make(name: string): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"];
  const certificate = ["-days", "1", "-subj", `/CN=${name}`, "-out", "certificate.pem"];
  execFileSync("openssl", ["req", "-x509", ...key, ...certificate], { cwd: directory, stdio: "ignore" });
  return ["certificate.pem", "key.pem"].map((file) => readFileSync(join(directory, file), "utf8")).join("");
}

/** The rule with which edges answer challenges, as it stands in the configuration. */
const rule = () => {
  const routes = [{ service: "web", port: 8080, health: "/healthz" }];
  const text = edgeConfiguration({ routes, port: 80, drain: 1, challenge: "THUMB_print-1" });
  return /^.*acme-challenge.*\n/m.exec(text)?.[0] ?? expect.unreachable("there is no such rule");
};

describe.skipIf(!hasOpenssl).each(subjects)("$name", ({ start, missing }) => {
  let edge: Subject;
  let port: number;
  let pem: string;

  beforeEach(async ({ skip }) => {
    if (missing) skip("haproxy is not installed on this machine");
    edge = await start();
    port = await freePort();
    pem = join(directory, `${port}.pem`);
    writeFileSync(pem, make("first"));
    const changed = await edge.reload((text) =>
      text
        .replace(/^ {2}bind :\d+\n/m, (bind) => `${bind}  bind :${port} ssl crt ${pem} alpn h2,http/1.1\n`)
        .replace(/^ {2}http-request disable/m, (next) => `${rule()}${next}`),
    );
    expect(changed).toBe(true);
  });
  afterEach(() => edge?.close());

  /** The name in the certificate that is shown. */
  const shown = () =>
    new Promise<unknown>((resolve, reject) => {
      const { hostname } = new URL(edge.url);
      const socket = connect({ host: hostname, port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      }).once("error", reject);
    });

  it("answers challenges without asking a server, and nothing else so", async () => {
    const got = await ask(`${edge.url}/.well-known/acme-challenge/token_-1?x=y`);
    expect([got.status, got.body, got.headers["content-type"]]).toEqual([
      200,
      "token_-1.THUMB_print-1",
      "text/plain",
    ]);
    expect((await edge.log()).at(-1)).toMatchObject({ route: "public", status: 200, end: "LR" });
    for (const path of [
      "/.well-known/acme-challenge/",
      "/.well-known/acme-challenge/a/b",
      "/.well-known/acme-challenge/a%20b",
      "/.well-known/acme-challenge/<b>",
      "/xwell-known/acme-challenge/token",
      "/x/.well-known/acme-challenge/token",
    ])
      expect((await ask(`${edge.url}${path}`)).body).not.toContain("THUMB");
  });

  it("shows another certificate as soon as it is committed", async () => {
    expect(await shown()).toBe("first");
    const next = make("second");
    expect(await edge.admin(`set ssl cert ${pem} <<\n${next}`)).toContain("Transaction created");
    expect(await shown()).toBe("first");
    expect(await edge.admin(`commit ssl cert ${pem}`)).toContain("Success!");
    expect(await shown()).toBe("second");
  });

  it("shows what is in the file after a reload", async () => {
    writeFileSync(pem, make("third"));
    expect(await edge.reload((text) => `${text}\n`)).toBe(true);
    await expect.poll(shown).toBe("third");
  });

  it.each<[string, (good: string) => [string, string], RegExp]>([
    ["of a file that it does not show", (good) => ["/nowhere.pem", good], /not referenced/],
    ["that is none", () => [pem, "nonsense\n"], /unable to load|Can't/],
    [
      "with another key",
      (good) => [
        pem,
        good.replace(/-----BEGIN PRIVATE[^]*/, "") + make("x").replace(/^[^]*?(?=-----BEGIN PRIVATE)/, ""),
      ],
      /inconsistencies/,
    ],
  ])("refuses a certificate %s", async (_, given, why) => {
    const [file, text] = given(make("other"));
    const answer = await edge.admin(`set ssl cert ${file} <<\n${text}`);
    const committed = await edge.admin(`commit ssl cert ${file}`);
    expect(answer + committed).toMatch(why);
    expect(committed).not.toContain("Success");
    expect(await shown()).toBe("first");
  });
});

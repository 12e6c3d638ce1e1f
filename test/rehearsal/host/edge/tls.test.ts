/** HTTPS at the edge, and how a configuration is left. The certificate is made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import { request as secureRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { edgeConfiguration } from "../../../../infra/edge.ts";
import { EdgeProcess } from "../../../../rehearsal/host/edge/process.ts";
import { filesAt } from "../../../../rehearsal/host/edge/service.ts";
import { Loopback } from "../../../../rehearsal/host/engine/loopback.ts";
import { freePort } from "../world.ts";
import { ask } from "./subjects.ts";

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
})();

let directory: string;
let edge: EdgeProcess;
let ports: { http: number; https: number };
let pause = 0;
const lines: string[] = [];
const address = `127.${(process.pid % 200) + 20}.251.1`;

async function start(tls: boolean): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), "liftlock-edge-"));
  ports = { http: await freePort(), https: await freePort() };
  if (tls) {
    const [key, certificate] = [join(directory, "key"), join(directory, "certificate")];
    const made = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=shop.example.com",
      "-days",
      "1",
    ];
    execFileSync("openssl", [...made, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    await writeFile(
      join(directory, "tls.pem"),
      (await readFile(certificate, "utf8")) + (await readFile(key, "utf8")),
    );
  }
  const routes = [{ service: "web", port: 8080, health: "/healthz" }];
  const text = edgeConfiguration({
    routes,
    port: ports.http,
    tls: tls ? { port: ports.https } : undefined,
    drain: 1,
  })
    .replaceAll("@home@", directory)
    .replaceAll("@blue@", "100")
    .replaceAll("@green@", "0");
  await writeFile(join(directory, "haproxy.cfg"), text);
  await writeFile(join(directory, "maintenance.html"), "soon");
  const loopback = new Loopback();
  const server = createServer((_, answer) => setTimeout(() => answer.end("blue"), pause));
  loopback.listen(21_000, (connection) => server.emit("connection", connection));
  edge = new EdgeProcess({
    file: join(directory, "haproxy.cfg"),
    files: filesAt((path) => path),
    loopback,
    addresses: () => [address],
    write: (line) => lines.push(line),
  });
  await edge.start();
}

beforeEach(() => {
  pause = 0;
  lines.length = 0;
});
afterEach(async () => {
  edge.kill();
  await rm(directory, { recursive: true });
});

const askSecurely = (path: string) =>
  new Promise<{ status: number; body: string; protocol: unknown }>((resolve, reject) => {
    const options = {
      host: address,
      port: ports.https,
      path,
      rejectUnauthorized: false,
      agent: false,
      ALPNProtocols: ["h2", "http/1.1"],
    };
    const asking = secureRequest(options, (answer) => {
      let body = "";
      const protocol = "alpnProtocol" in answer.socket ? answer.socket.alpnProtocol : undefined;
      answer.on("data", (chunk) => {
        body += String(chunk);
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body, protocol }));
    });
    asking.on("error", reject);
    asking.end();
  });

it.skipIf(!hasOpenssl)("serves HTTPS, also to several at once, and sends plain HTTP there", async () => {
  await start(true);
  const got = await Promise.all(["/a", "/b", "/c"].map(askSecurely));
  expect(got).toEqual(Array.from({ length: 3 }, () => ({ status: 200, body: "blue", protocol: "http/1.1" })));
  const plain = await ask(`http://${address}:${ports.http}/a?b=c`, { headers: { host: "shop.example.com" } });
  expect([plain.status, plain.headers.location]).toEqual([308, "https://shop.example.com/a?b=c"]);
  expect(
    lines.filter((line) => line.includes('"status":308')).map((line) => JSON.parse(line) as object),
  ).toEqual([expect.objectContaining({ route: "public", slot: "<NOSRV>", status: 308, end: "LR" })]);
});

it.skipIf(!hasOpenssl)("refuses a certificate with another key", async () => {
  await start(true);
  const other = join(directory, "other");
  execFileSync("openssl", ["genrsa", "-out", other, "2048"], { stdio: "ignore" });
  await writeFile(
    join(directory, "tls.pem"),
    (await readFile(join(directory, "certificate"), "utf8")) + (await readFile(other, "utf8")),
  );
  expect(await edge.master("reload\n")).toMatch(
    /^Success=0\n--\n[^]*inconsistencies between private key and certificate/,
  );
  expect((await askSecurely("/")).status).toBe(200);
});

it("cuts what has not ended `hard-stop-after` a reload", async () => {
  await start(false);
  pause = 60_000;
  const slow = ask(`http://${address}:${ports.http}/`);
  const failed = slow.catch((cause: unknown) => cause);
  await expect.poll(() => edge.admin("show stat web 2 -1\n")).toContain(",BACKEND,0,0,1,1,");
  const begun = performance.now();
  expect(await edge.master("reload\n")).toMatch(/^Success=1\n/);
  expect(await failed).toMatchObject({ code: "ECONNRESET" });
  expect(performance.now() - begun).toBeGreaterThan(900);
});

it("keeps a client's connection, and ends one that is idle at a reload", async () => {
  await start(false);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const closed: string[] = [];
  const once = () =>
    new Promise<{ reused: boolean }>((resolve, reject) => {
      const asking = request({ host: address, port: ports.http, agent }, (answer) => {
        answer.socket.once("close", () => closed.push("closed"));
        answer.resume();
        answer.on("end", () => resolve({ reused: asking.reusedSocket }));
      });
      asking.on("error", reject);
      asking.end();
    });
  expect([(await once()).reused, (await once()).reused]).toEqual([false, true]);
  await edge.master("reload\n");
  await expect.poll(() => closed.length).toBeGreaterThan(0);
  expect((await once()).reused).toBe(false);
  agent.destroy();
});

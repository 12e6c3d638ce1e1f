import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseComposeFile } from "../../infra/composeFile.ts";
import { edgeConfiguration, maintenancePage, verifyEdge } from "../../infra/edge.ts";
import { pinsFile } from "../../infra/payload.ts";
import { Failure } from "../../src/release/failure.ts";

const web = { service: "web", port: 8080, health: "/healthz" };
const api = { service: "api", port: 3000, health: "/ready", path: "/api", hostName: "shop.example.com" };

const second = { ...web, port: 9000, path: "/metrics" };

const haproxy = spawnSync("haproxy", ["-v"]).status === 0;

describe("configuration of the edge", () => {
  test("haproxy takes it", (context) => {
    if (!haproxy) context.skip("haproxy is not installed");
    const directory = mkdtempSync(join(tmpdir(), "edge-"));
    try {
      writeFileSync(join(directory, "maintenance.html"), maintenancePage);
      execFileSync(
        "openssl",
        [
          ..."req -x509 -newkey ed25519 -nodes -days 1 -subj /CN=shop.example.com".split(" "),
          ..."-keyout key.pem -out certificate.pem".split(" "),
        ],
        { cwd: directory, stdio: "ignore" },
      );
      execFileSync("sh", ["-c", "cat certificate.pem key.pem >tls.pem"], { cwd: directory });
      for (const [tls, challenge] of [
        [undefined, undefined],
        [{ port: 8443 }, undefined],
        [undefined, "XxTWofoGXufmu85V1N4-ZQkRQ02eoOI5lyXXLo-6mNc"],
        [{ port: 8443 }, "XxTWofoGXufmu85V1N4-ZQkRQ02eoOI5lyXXLo-6mNc"],
      ] as const) {
        const text = edgeConfiguration({ routes: [web, api, second], port: 8080, drain: 30, tls, challenge });
        const filled = text.replaceAll("@home@", directory).replaceAll(/@(?:blue|green)@/g, "50");
        writeFileSync(join(directory, "haproxy.cfg"), filled);
        const { status, stderr } = spawnSync("haproxy", ["-c", "-f", join(directory, "haproxy.cfg")]);
        expect(stderr.toString()).not.toContain("[ALERT]");
        expect(status).toBe(0);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("each route has a target in both slots, on ports of its own", () => {
    const text = edgeConfiguration({ routes: [web, api], port: 80, drain: 30 });
    const servers = [...text.matchAll(/^ {2}server (\w+) (\S+)/gm)].map(([, slot, place]) => [slot, place]);
    expect(servers).toEqual([
      ["blue", "127.0.0.1:21000"],
      ["green", "127.0.0.1:22000"],
      ["blue", "127.0.0.1:21001"],
      ["green", "127.0.0.1:22001"],
    ]);
    expect(text).toContain(
      "use_backend api if { hdr(host),field(1,:) -i shop.example.com } { path_beg /api }",
    );
    expect(text).toContain("default_backend web");
  });
});

describe("pins of a slot", () => {
  test("routed services get the slot's loopback ports instead of their own; volumes are shared by both slots", () => {
    const text = pinsFile(
      { web: "ghcr.io/example/shop/web@sha256:1", api: "ghcr.io/example/shop/api@sha256:2" },
      { app: "shop", routes: [web, api, second], volumes: ["uploads"] },
    );
    expect(text).toContain("ports: !override");
    const parsed = parse(text, { logLevel: "silent" });
    expect(parsed.services.web.ports).toEqual(["127.0.0.1:@slot@000:8080", "127.0.0.1:@slot@002:9000"]);
    expect(parsed.services.api.ports).toEqual(["127.0.0.1:@slot@001:3000"]);
    expect(parsed.volumes).toEqual({ uploads: { name: "shop_uploads" } });
  });
});

describe("edge and compose file", () => {
  const compose = parseComposeFile(
    `services:
  web: { image: a, ports: ["80:8080"] }
  mail: { image: b, ports: ["25:25"] }
  scheduler: { image: c }
  postgres: { image: d, profiles: [data], ports: ["5432:5432"] }
`,
    "compose.yaml",
  );
  const judge = (edge: object, beside = true) => {
    try {
      verifyEdge({ routes: [web], once: [], smoke: [], ...edge }, compose, beside, "Pulumi.production.yaml");
      return "";
    } catch (thrown) {
      return thrown instanceof Failure ? `${thrown.code}: ${thrown.message}` : String(thrown);
    }
  };

  test("a port that two releases would both need is refused, unless one of them has it at a time", () => {
    expect(judge({})).toMatch(/^ConfigInvalid.*routes\.mail/s);
    expect(judge({ once: ["mail"] })).toBe("");
    expect(judge({}, false)).toBe("");
  });

  test.each([
    ["routes.1.service", { routes: [web, { ...api, service: "apo" }] }],
    ["once.web", { once: ["mail", "web"] }],
    ["once.postgres", { once: ["mail", "postgres"] }],
    ["smoke.scheduler", { once: ["mail"], smoke: [{ service: "scheduler" }] }],
  ])("%s", (place, edge) => expect(judge({ once: ["mail"], ...edge })).toContain(place));
});

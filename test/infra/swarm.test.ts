import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { cloudInit } from "../../infra/cloudInit.ts";
import { parseComposeFile } from "../../infra/composeFile.ts";
import { firewallRules } from "../../infra/firewall.ts";
import { hostKey } from "../../infra/hostKeys.ts";
import { type StackOptions, shellVariables, stackFiles, verifyStack } from "../../infra/stackFile.ts";
import { Failure } from "../../src/release/failure.ts";

const shop = parseComposeFile(
  readFileSync(join(import.meta.dirname, "../../app/compose.yaml"), "utf8"),
  "compose.yaml",
);
const options: StackOptions = { hosts: 3, endpoint: "vip", once: [] };

interface Stack {
  services: Record<string, Record<string, unknown> & { deploy: Record<string, Record<string, unknown>> }>;
  volumes?: unknown;
}

const read = (text: string) => parse(text) as Stack;

/** A compose file with one service. */
const one = (service: string, more = "") =>
  parseComposeFile(
    `services:\n  web:\n    image: web\n${service.replaceAll(/^/gm, "    ")}\n${more}`,
    "compose.yaml",
  );

const refusal = (text: string, o: Partial<StackOptions> = {}, more = ""): string => {
  try {
    verifyStack(one(text, more), { ...options, ...o }, "Pulumi.production.yaml");
  } catch (error) {
    if (error instanceof Failure) return `${error.code} ${error.message}`;
    throw error;
  }
  return "nothing";
};

describe("the example application as a stack", () => {
  it("leaves jobs and stateful services with compose, and out of every service what a cluster does not know", () => {
    const { services } = read(stackFiles(shop, options).compose);
    expect(Object.keys(services)).toEqual(["ai-planner", "api", "docs", "scheduler", "web"]);
    for (const service of Object.values(services)) {
      expect(service).not.toHaveProperty("profiles");
      expect(service).not.toHaveProperty("restart");
      expect(service).toMatchObject({
        healthcheck: { start_interval: "200ms" },
        logging: { driver: "json-file" },
      });
    }
  });

  it.each([
    [
      "vip",
      { target: 8080, published: "${HTTP_PORT}" },
      { mode: "replicated", replicas: 1 },
      "start-first",
      1,
    ],
    ["dnsrr", { target: 8080, published: "${HTTP_PORT}", mode: "host" }, { mode: "global" }, "stop-first", 3],
  ] as const)(
    "with %s publishes its port so that every host answers",
    (endpoint, port, mode, order, tasks) => {
      const files = stackFiles(shop, { ...options, endpoint });
      expect(read(files.compose).services["web"]).toMatchObject({ ports: [port] });
      expect(read(files.swarm).services["web"]?.deploy).toMatchObject({
        ...mode,
        endpoint_mode: endpoint,
        update_config: { order, failure_action: "rollback" },
      });
      expect(files.tasks).toEqual({ api: 1, scheduler: 1, "ai-planner": 1, web: tasks, docs: 1 });
    },
  );

  it("never runs two of a service of which one may run", () => {
    const { swarm } = stackFiles(shop, { ...options, once: ["scheduler"] });
    const orders = Object.entries(read(swarm).services).map(([name, { deploy }]) => [
      name,
      deploy["update_config"]?.["order"],
    ]);
    expect(Object.fromEntries(orders)).toMatchObject({ api: "start-first", scheduler: "stop-first" });
  });
});

describe("what the compose file says", () => {
  it.each([
    ["no", "none"],
    ["on-failure:3", "on-failure"],
    ["always", "any"],
    ["unless-stopped", "any"],
  ])("restart: %s is condition %s", (restart, condition) => {
    const { swarm } = stackFiles(one(`restart: "${restart}"`), options);
    expect(read(swarm).services["web"]?.deploy["restart_policy"]).toMatchObject({ condition });
  });

  it("under deploy comes first, but for what would let two tasks have one port", () => {
    const own =
      "deploy: { replicas: 8, update_config: { parallelism: 3, order: start-first } }\nports: [80:80]";
    const deploy = (endpoint: "vip" | "dnsrr") =>
      read(stackFiles(one(own), { ...options, endpoint }).swarm).services["web"]?.deploy;
    expect(deploy("vip")).toMatchObject({
      replicas: 8,
      update_config: { parallelism: 3, order: "start-first" },
    });
    expect(deploy("dnsrr")).toMatchObject({ mode: "global", update_config: { order: "stop-first" } });
  });

  it.each([
    ["80", { target: 80 }],
    ["8080:80", { target: 80, published: 8080 }],
    ["${PORT:-8080}:80/udp", { target: 80, published: "${PORT:-8080}", protocol: "udp" }],
  ])("port %s is written out", (port, expected) => {
    expect(read(stackFiles(one(`ports: ["${port}"]`), options).compose).services["web"]).toMatchObject({
      ports: [expected],
    });
  });
});

describe("refused, because a cluster would run it otherwise", () => {
  it.each([
    ["privileged", "privileged: true", {}, "web.privileged"],
    ["a host's network", "network_mode: host", {}, "web.network_mode"],
    ["an address before a port", 'ports: ["127.0.0.1:80:80"]', {}, "web.ports"],
    ["an address in a variable", 'ports: ["${ADDRESS}:80:80"]', {}, "web.ports"],
    [
      "an address in the long form",
      "ports: [{ target: 80, published: 80, host_ip: 127.0.0.1 }]",
      {},
      "web.ports",
    ],
    ["replicas by variable", "deploy: { replicas: '${N}' }", {}, "web.deploy.replicas"],
    ["a job of the cluster", "deploy: { mode: replicated-job }", {}, "web.deploy.mode"],
    [
      "every host, but not that one",
      "deploy: { mode: global, placement: { constraints: [node.role == worker] } }",
      {},
      "web.deploy.placement",
    ],
    ["one on every host", "ports: ['80:80']", { endpoint: "dnsrr", once: ["web"] }, "once wants one"],
    ["two of one", "deploy: { replicas: 2 }", { once: ["web"] }, "once wants one"],
    ["one of nothing", "restart: always", { once: ["wbe"] }, "wbe is no service"],
  ] as const)("%s", (_, text, more, place) => {
    const said = refusal(text, more);
    expect(said).toMatch(/^ConfigInvalid /);
    expect(said).toContain(place);
  });

  it("a volume that the cluster would leave behind, unless the service is held to a place", () => {
    const volumes = "volumes: { files: {} }";
    expect(refusal("volumes: ['files:/files']", {}, volumes)).toContain("web.volumes");
    const held = "volumes: ['files:/files']\ndeploy: { placement: { constraints: [node.hostname == a] } }";
    expect(refusal(held, {}, volumes)).toBe("nothing");
  });

  it("not the example application", () => {
    for (const endpoint of ["vip", "dnsrr"] as const)
      expect(() => verifyStack(shop, { ...options, endpoint, once: ["scheduler"] }, "here")).not.toThrow();
  });
});

it("gives every value to a shell as it is", () => {
  const file = join(mkdtempSync(join(tmpdir(), "liftlock-variables-")), "variables");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  const value = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
      const variables = Object.fromEntries(values.map((text, index) => [`V_${index}`, text]));
      writeFileSync(file, shellVariables(variables));
      const { stdout } = spawnSync("sh", ["-c", `set -a; . "$0"; exec env -0`, file], { encoding: "utf8" });
      const found = new Map(
        stdout.split("\0").map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
      );
      expect(Object.keys(variables).map((name) => found.get(name))).toEqual(values);
    }),
    { numRuns: 8 },
  );
});

describe("hosts of a cluster", () => {
  it("have an engine that may take part in one", () => {
    const made = (cluster: boolean) =>
      cloudInit({
        hostName: "h",
        hostKey: hostKey("AAAA", "h"),
        user: "liftlock",
        authorizedKey: "k",
        cluster,
      });
    expect(made(true)).not.toContain("live-restore");
    expect(made(false)).toContain("live-restore");
  });

  it("reach each other where engines talk over UDP, and nobody else does", () => {
    const rules = firewallRules({ sshPort: 22, operators: [], ports: [80], tag: "shop", cluster: true });
    const udp = (
      rules.inboundRules as { protocol: string; portRange: string; sourceTags?: string[] }[]
    ).filter(({ protocol }) => protocol === "udp");
    expect(udp).toEqual(
      ["7946", "4789"].map((portRange) => ({ protocol: "udp", portRange, sourceTags: ["shop"] })),
    );
  });
});

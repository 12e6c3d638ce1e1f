import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configHash } from "../../../../rehearsal/host/compose/containers.ts";
import { loadProject } from "../../../../rehearsal/host/compose/project.ts";
import { selectServices } from "../../../../rehearsal/host/compose/selection.ts";

let directory: string;
let warnings: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "liftlock-compose-"));
  warnings = [];
});
afterEach(() => rm(directory, { recursive: true }));

async function load(files: Record<string, string>, environment: Record<string, string> = {}) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return loadProject({
    name: "shop",
    directory: undefined,
    files: Object.keys(files).filter((name) => name.endsWith(".yaml")),
    environmentFiles: Object.keys(files).filter((name) => name.endsWith(".env")),
    profiles: [],
    cwd: directory,
    environment,
    warn: (line) => warnings.push(line),
  });
}

describe("loadProject", () => {
  it("follows anchors and merge keys", async () => {
    const project = await load({
      "a.yaml": `
x-base: &base { restart: unless-stopped, environment: { A: "1" } }
services:
  api: { <<: *base, image: a }
`,
    });
    expect(project.services.get("api")).toMatchObject({
      restart: { name: "unless-stopped" },
      environment: { A: "1" },
    });
  });

  it("takes variables from the caller before the file", async () => {
    const text = { "a.yaml": "services: { api: { image: '$A-$B' } }", "v.env": "A=file\nB=file\n" };
    expect((await load(text, { A: "caller" })).services.get("api")?.image).toBe("caller-file");
  });

  it("replaces what is tagged !override and takes away what is tagged !reset", async () => {
    const project = await load({
      "a.yaml": `
services:
  api: { image: a, ports: ["8080:8080", "9090:9090"], environment: { A: "1", B: "2" }, labels: [x=1] }
  web: { image: w, ports: ["80:8080"], depends_on: [api] }
`,
      "b.yaml": `
services:
  api:
    ports: !override ["127.0.0.1:$PORT:8080"]
    environment: !override { C: "3" }
    labels: [y=2]
  web: { ports: !reset null, depends_on: !reset [] }
`,
      "v.env": "PORT=21000\n",
    });
    expect(project.services.get("api")).toMatchObject({
      ports: [{ hostAddress: "127.0.0.1", hostPort: 21_000, containerPort: 8080 }],
      environment: { C: "3" },
      labels: { x: "1", y: "2" },
    });
    expect(project.services.get("web")).toMatchObject({ ports: [], dependsOn: {} });
    expect(project.services.get("api")?.environment).toEqual({ C: "3" });
    expect(project.services.get("web")?.dependsOn).toEqual({});
  });

  it("warns once of a variable that is not set", async () => {
    await load({ "a.yaml": "services: { api: { image: 'a$X$X' }, web: { image: 'w$X' } }" });
    expect(warnings).toEqual([expect.stringContaining('The \\"X\\" variable is not set')]);
  });

  it.each([
    ["services: [", 15, "parsing"],
    [
      "services: { api: { image: a, imgae: b } }",
      15,
      "services.api Additional property imgae is not allowed",
    ],
    ["service: {}", 15, "(root) Additional property service is not allowed"],
    ["services: { api: { image: '${X:?needed}' } }", 15, "required variable X is missing a value: needed"],
    ["services: { api: {} }", 15, 'service "api" has neither an image'],
    ["services: { api: { image: a, ports: [x] } }", 15, "services.api.ports"],
    ["services: { api: { image: a, restart: sometimes } }", 15, "services.api.restart"],
    [
      "services: { api: { image: a, healthcheck: { test: [CMD, x], interval: 5 } } }",
      15,
      "healthcheck.interval",
    ],
    ["services: { api: { image: a, healthcheck: { test: [x] } } }", 15, "must start either by"],
    ["services: { api: { image: a, depends_on: [db] } }", 15, 'depends on undefined service "db"'],
    ["services: { api: { image: a, build: . } }", 15, "does not support services.api.build"],
    ["services: { api: { image: a, scale: 3 } }", 15, "3 copies"],
    ["services: {}", 15, "no service selected"],
    ["[]", 15, "must be a mapping"],
  ])("refuses %s", async (text, exitCode, message) => {
    await expect(load({ "a.yaml": text })).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
    });
  });

  it("refuses a file that is not there", async () => {
    const options = { name: "x", directory: undefined, environmentFiles: [], profiles: [], environment: {} };
    const missing = loadProject({ ...options, cwd: directory, files: ["none.yaml"], warn: () => {} });
    await expect(missing).rejects.toMatchObject({ exitCode: 14 });
  });

  it("reads the example application", async () => {
    const { readFile } = await import("node:fs/promises");
    const project = await load(
      { "a.yaml": await readFile("app/compose.yaml", "utf8") },
      {
        HTTP_PORT: "8080",
        DATABASE_HOST: "10.0.0.5",
        POSTGRES_IMAGE: "postgres:17",
      },
    );
    expect([...project.services.keys()]).toContain("migrator");
    expect(project.services.get("api")?.health).toMatchObject({ startInterval: 200, startPeriod: 10_000 });
    expect(project.volumes).toEqual(["postgres"]);
  });
});

describe("selectServices", () => {
  const text = `
services:
  job: { image: a, profiles: [job] }
  web: { image: a, depends_on: [api] }
  api: { image: a, depends_on: { db: { condition: service_healthy } } }
  db: { image: a }
`;
  const names = async (wanted: string[], dependencies = true, environment = {}) =>
    selectServices(await load({ "a.yaml": text }, environment), wanted, { dependencies }).map(
      ({ name }) => name,
    );

  it("puts services after what they depend on", async () => {
    expect(await names([])).toEqual(["db", "api", "web"]);
  });

  it("takes what a service depends on, unless told not to", async () => {
    expect(await names(["api"])).toEqual(["db", "api"]);
    expect(await names(["api"], false)).toEqual(["api"]);
  });

  it("takes profiles that are asked for, and services that are named", async () => {
    expect(await names([], true, { COMPOSE_PROFILES: "other,job" })).toContain("job");
    expect(await names(["job"])).toEqual(["job"]);
  });

  it("refuses unknown names and circles", async () => {
    await expect(names(["none"])).rejects.toMatchObject({ message: "no such service: none" });
    const circle = await load({
      "b.yaml": "services: { a: { image: i, depends_on: [b] }, b: { image: i, depends_on: [a] } }",
    });
    expect(() => selectServices(circle, [], { dependencies: true })).toThrow("a -> b -> a");
  });
});

describe("configHash", () => {
  it("does not depend on the order of keys, and does on values", async () => {
    const hash = async (text: string) => {
      const service = (await load({ "a.yaml": text })).services.get("a");
      return service && configHash(service);
    };
    const one = await hash("services: { a: { image: i, environment: { A: '1', B: '2' } } }");
    expect(await hash("services: { a: { environment: { B: '2', A: '1' }, image: i } }")).toBe(one);
    expect(await hash("services: { a: { image: i, environment: { A: '1', B: '3' } } }")).not.toBe(one);
  });
});

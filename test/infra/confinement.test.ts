import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Confinement, confinementOf } from "../../infra/confinement.ts";

const of = (definition: string, values = {}) =>
  confinementOf({ text: `services: { web: ${definition} }` }, values)[0];

describe("confinementOf", () => {
  it.each<[string, Partial<Confinement>]>([
    ["{ image: web }", { image: "web", privileged: false, hostNamespaces: [], capabilities: [], binds: [] }],
    ['{ image: "${IMAGE}" }', { image: "postgres:17" }],
    ['{ image: "${OTHER:-redis}" }', { image: "redis" }],
    ['{ image: "${UNKNOWN}" }', { image: "${UNKNOWN}" }],
    ["{ privileged: true }", { privileged: true }],
    ['{ privileged: "${YES}" }', { privileged: true }],
    ["{ privileged: [1] }", { privileged: true }],
    ["{ network_mode: host, pid: host, ipc: service:api }", { hostNamespaces: ["network", "pid"] }],
    ["{ cap_add: [SYS_ADMIN] }", { capabilities: ["SYS_ADMIN"] }],
    ["{ cap_add: SYS_ADMIN }", { capabilities: ["ALL"] }],
    [
      '{ volumes: ["/var/run/docker.sock:/s", data:/d, ./conf:/c:ro, { type: bind, source: /etc, target: /e }] }',
      { binds: ["/var/run/docker.sock", "./conf", "/etc"] },
    ],
    ['{ volumes: ["${SOCKET}:/s", /anonymous] }', { binds: ["/run/docker.sock"] }],
  ])("%s", (definition, expected) => {
    expect(of(definition, { IMAGE: "postgres:17", YES: "true", SOCKET: "/run/docker.sock" })).toMatchObject(
      expected,
    );
  });

  it("of the example application: nothing of its host", () => {
    const text = readFileSync(new URL("../../app/compose.yaml", import.meta.url), "utf8");
    for (const { privileged, hostNamespaces, capabilities, binds } of confinementOf({ text }, {}))
      expect({ privileged, hostNamespaces, capabilities, binds }).toEqual({
        privileged: false,
        hostNamespaces: [],
        capabilities: [],
        binds: [],
      });
  });

  it("of a file without services", () => {
    expect(confinementOf({ text: "" }, {})).toEqual([]);
  });
});

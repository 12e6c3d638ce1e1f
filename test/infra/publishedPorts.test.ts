import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { publishedPorts } from "../../infra/publishedPorts.ts";

const one = (port: string, values = {}) =>
  publishedPorts({ text: `services: { web: { ports: [${port}] } }` }, values).map(
    ({ protocol, port: number, address }) => `${protocol} ${address ?? ""}:${number}`,
  );

describe("publishedPorts", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['"8080:80"', {}, ["tcp :8080"]],
    ["8080", {}, []],
    ['"8080:80/udp"', {}, ["udp :8080"]],
    ['"127.0.0.1:8080:80"', {}, ["tcp 127.0.0.1:8080"]],
    ['"[::1]:8080:80"', {}, ["tcp [::1]:8080"]],
    ['"8000-8002:80-82"', {}, ["tcp :8000", "tcp :8001", "tcp :8002"]],
    ['"${PORT}:80"', { PORT: "81" }, ["tcp :81"]],
    ['"${PORT:-82}:80"', {}, ["tcp :82"]],
    ['"${PORT:?needed}:80"', { PORT: "83" }, ["tcp :83"]],
    ['"$PORT:80"', { PORT: "84" }, ["tcp :84"]],
    ['"${PORT}:80"', {}, []],
    ['"70000:80"', {}, []],
    ['"${DATABASE_HOST}:5432:5432"', {}, ["tcp private:5432"]],
    ["{ target: 80, published: 8080 }", {}, ["tcp :8080"]],
    [
      '{ target: 80, published: "${PORT}", host_ip: 10.0.0.5, protocol: udp }',
      { PORT: "85" },
      ["udp 10.0.0.5:85"],
    ],
    ["{ target: 80 }", {}, []],
  ])("%s with %j", (port, values, ports) => {
    expect(one(port, values)).toEqual(ports);
  });

  it("of the example application", () => {
    const text = readFileSync(new URL("../../app/compose.yaml", import.meta.url), "utf8");
    expect(publishedPorts({ text }, { HTTP_PORT: "80" })).toEqual([
      { service: "web", protocol: "tcp", port: 80 },
      { service: "postgres", protocol: "tcp", port: 5432, address: "private" },
    ]);
  });
});

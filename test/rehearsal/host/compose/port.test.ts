import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../../rehearsal/host/compose/duration.ts";
import { parsePort } from "../../../../rehearsal/host/compose/port.ts";

const binding = (hostAddress: string, hostPort: number, containerPort: number) => ({
  hostAddress,
  hostPort,
  containerPort,
});

describe("parsePort", () => {
  it.each([
    ["80:8080", [binding("", 80, 8080)]],
    ["127.77.0.2:80:8080/tcp", [binding("127.77.0.2", 80, 8080)]],
    ["80-81:8080-8081", [binding("", 80, 8080), binding("", 81, 8081)]],
    ["8080", []],
    [8080, []],
    [{ target: 8080, published: "80", host_ip: "10.0.0.1" }, [binding("10.0.0.1", 80, 8080)]],
    [{ target: 8080 }, []],
    [":8080", undefined],
    ["80:", undefined],
    ["80:8080/udp", undefined],
    ["0:8080", undefined],
    ["70000:8080", undefined],
    ["80-82:8080-8081", undefined],
    ["host:80:8080", undefined],
    ["", undefined],
  ])("%j", (text, result) => {
    expect(parsePort(text)).toEqual(result);
  });
});

describe("parseDuration", () => {
  it.each([
    ["200ms", 200],
    ["1m30s", 90_000],
    ["1.5s", 1500],
    ["2h", 7_200_000],
    ["0", 0],
    ["5", undefined],
    ["s", undefined],
    ["5 s", undefined],
  ])("%s is %s", (text, result) => {
    expect(parseDuration(text)).toBe(result);
  });
});

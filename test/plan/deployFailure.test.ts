import { describe, expect, it } from "vitest";
import { anyTouched, byGravity, classify, gravest, refine } from "../../src/plan/deployFailure.ts";
import { judgeHost } from "../../src/plan/verdict.ts";
import { container, host, release } from "../releases.ts";

const secret = "hunter2-in-the-script";
const failed = (status: number, stderr = "") => ({
  resource: "deploy-shop-production-1",
  message: `Process exited with status ${status}: running "echo ${secret}":\n${stderr}`,
});

describe("classify", () => {
  it.each([
    [70, "PullFailed"],
    [71, "ComposeInvalid"],
    [72, "MigrationFailed"],
    [73, "StartFailed"],
    [75, "StalePin"],
    [76, "HostBusy"],
    [77, "Superseded"],
    [1, "StartFailed"],
  ])("exit status %i is %s", (status, code) => {
    expect(classify(failed(status)).code).toBe(code);
  });

  it("repeats what the script said to people, and nothing else of the engine's message", () => {
    const reason = classify(failed(75, "liftlock: StalePin: attempt 3 is older than attempt 5"));
    expect(reason.message).toContain("attempt 3 is older than attempt 5");
    expect(reason.message).not.toContain(secret);
  });

  it.each([
    "after 10 failed attempts: dial tcp 127.0.0.1:22: connect: connection refused",
    "wait: remote command exited without exit status or exit signal",
    "ssh: handshake failed: EOF",
    "after 10 failed attempts: read ECONNRESET",
    "read tcp 127.0.0.1:22: read: connection reset by peer",
  ])("%s is HostUnreachable", (message) => {
    expect(classify({ resource: "deploy-h", message }).code).toBe("HostUnreachable");
  });

  it("a cloud's refusal is EngineFailed", () => {
    const message = "POST https://api.example.com/v2/droplets: 422 (request refused) no such size";
    expect(classify({ resource: "h1", message }).code).toBe("EngineFailed");
  });
});

it("gravest tells what explains the others", () => {
  const reasons = [
    { code: "HostUnreachable" as const, message: "" },
    { code: "MigrationFailed" as const, message: "" },
  ];
  expect(gravest(reasons)?.code).toBe("MigrationFailed");
  expect(gravest([])).toBeUndefined();
  expect(byGravity(reasons)[0]).toBe(gravest(reasons));
  const same = [
    { code: "Unhealthy", host: "one" },
    { code: "StartFailed", host: "two" },
    { code: "StartFailed", host: "three" },
  ] as const;
  expect(byGravity(same).map(({ host }) => host)).toEqual(["two", "three", "one"]);
});

it("refine tells a service that runs without answering from one that exited", () => {
  const current = release("1.0.0");
  const at = (health: string) =>
    host("h", current, 1, { containers: [container("api", current, { health }), container("web", current)] });
  const start = { code: "StartFailed" as const, message: "not every service became healthy" };
  expect(refine(start, judgeHost(at("unhealthy"), current, ["migrator"])).code).toBe("Unhealthy");
  expect(refine(start, []).code).toBe("StartFailed");
});

it("a host that cannot be read counts as touched, one at an older attempt does not", () => {
  const current = release("1.0.0");
  expect(anyTouched([host("h1", current, 3)], 4)).toBe(false);
  expect(anyTouched([host("h1", current, 4)], 4)).toBe(true);
  expect(anyTouched([host("h1", current, 3), { host: "h2", unreachable: "x" }], 4)).toBe(true);
});

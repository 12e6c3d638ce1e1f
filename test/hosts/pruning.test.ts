import { describe, expect, it } from "vitest";
import { parsePruning } from "../../src/hosts/pruning.ts";
import type { Failure } from "../../src/release/failure.ts";

describe("parsePruning", () => {
  it("reads what goes", () => {
    const output = "disk 10 40\ncontainer 0123 green\nimage ghcr.io/example/shop/api@sha256:12 2048\n";
    expect(parsePruning("web-1", output)).toEqual({
      host: "web-1",
      disk: { used: 10_240, total: 40_960 },
      images: [{ reference: "ghcr.io/example/shop/api@sha256:12", bytes: 2048 }],
      containers: 1,
      busy: false,
    });
  });

  it("reads that a deployment is at work", () => {
    expect(parsePruning("web-1", "disk 10 40\nbusy\n")).toMatchObject({ busy: true, images: [] });
  });

  it.each(["motd", "disk x 4", "disk 4", "image", "image a b", "container"])("does not take %j", (line) => {
    const thrown = (() => {
      try {
        return parsePruning("web-1", `${line}\n`);
      } catch (error) {
        return error as Failure;
      }
    })();
    expect(thrown).toMatchObject({ code: "HostUnreachable" });
  });
});

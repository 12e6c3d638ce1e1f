import { describe, expect, it } from "vitest";
import { runningImages } from "../../src/plan/runningImages.ts";
import { digestsOf } from "../../src/release/release.ts";
import { container, digest, host, release } from "../releases.ts";

const current = release("1.1.0", ["api", "web"]);
const web = digestsOf(current)["web"] ?? "";
const reference = `ghcr.io/example/shop/web@${web}`;

describe("runningImages", () => {
  it("has each image once, with where it came from and where it runs", () => {
    const containers = [
      container("web", current, { references: [reference, `ghcr.io/other/web@${digest("x")}`] }),
    ];
    const readings = ["h1", "h2"].map((name) => host(name, current, 4, { containers }));
    expect(runningImages(readings, [])).toEqual([
      { digest: web, references: [reference], at: ["web on h1", "web on h2"] },
    ]);
  });

  it("has those of the waiting slot and of strays, not those that ended, are stateful or could not be read", () => {
    const containers = [
      container("api", current, { slot: "green" }),
      container("web", current, { slot: "blue" }),
      container("debugger", current, { digests: [] }),
      container("old", current, { status: "exited", digests: [digest("old")] }),
      container("postgres", current, { digests: [digest("postgres")] }),
    ];
    const slots = { last: "green", serving: "green" } as const;
    const found = runningImages(
      [host("h1", current, 4, { containers, slots }), { host: "h2", unreachable: "x" }],
      ["postgres"],
    );
    expect(found.map(({ digest: of, at }) => [of, at])).toEqual([
      [digestsOf(current)["api"], ["api on h1"]],
      [web, ["web on h1"]],
      [undefined, ["debugger on h1"]],
    ]);
  });
});

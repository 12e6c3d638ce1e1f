import { describe, expect, it } from "vitest";
import { BenchFailure } from "./failure.ts";
import { parseOptions } from "./options.ts";

describe("the command line", () => {
  it("measures everything unless told otherwise", () => {
    expect(parseOptions([])).toMatchObject({
      hosts: [1, 2, 10, 30],
      rounds: 3,
      only: ["fleet", "engine", "recovery"],
    });
  });

  it("measures one part, or several", () => {
    expect(parseOptions(["--only", "recovery"]).only).toEqual(["recovery"]);
    expect(parseOptions(["--only", "fleet", "--only", "engine"]).only).toEqual(["fleet", "engine"]);
  });

  it.each([
    ["--only", "everything"],
    ["--hosts", "0"],
    ["--hosts", "2,x"],
    ["--rounds", "1.5"],
  ])("refuses %s %s", (...args) => {
    expect(() => parseOptions(args)).toThrow(BenchFailure);
  });
});

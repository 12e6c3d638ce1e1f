import { describe, expect, it } from "vitest";
import { BenchFailure } from "../failure.ts";
import { parseOptions } from "./options.ts";

describe("the command line", () => {
  it("measures everything, five times, unless told otherwise", () => {
    expect(parseOptions([])).toEqual({
      rounds: 5,
      rate: 1000,
      only: ["traffic", "times", "now"],
      plot: false,
      json: false,
      help: false,
    });
  });

  it("measures one part, or several", () => {
    expect(parseOptions(["--only", "now", "--only", "times"]).only).toEqual(["now", "times"]);
  });

  it.each([
    [["--only", "everything"]],
    [["--rounds", "0"]],
    [["--rounds", "1.5"]],
    [["--rate", "none"]],
    [["--plot", "--only", "times"]],
  ])("refuses %j", (args) => {
    expect(() => parseOptions(args)).toThrow(BenchFailure);
  });
});

import { describe, expect, test } from "vitest";
import { COMMON, parseArguments } from "../../../../rehearsal/engine/commands/arguments.ts";

const spec = { ...COMMON, json: "switch", replace: "values", parallel: "value" } as const;

describe("the command line", () => {
  test("short and long flags, attached and separate values", () => {
    const args = parseArguments(
      ["-s", "dev", "-y", "--parallel=4", "--replace", "a", "--replace=b", "name"],
      spec,
    );
    expect(args.value("stack")).toBe("dev");
    expect(args.has("yes")).toBe(true);
    expect(args.number("parallel")).toBe(4);
    expect(args.values("replace")).toEqual(["a", "b"]);
    expect(args.positional).toEqual(["name"]);
  });

  test("what follows -- is no flag", () => {
    expect(parseArguments(["key", "--", "-----BEGIN KEY-----"], spec).positional).toEqual([
      "key",
      "-----BEGIN KEY-----",
    ]);
  });

  test("a switch can be turned off", () => {
    expect(parseArguments(["--json=false"], spec).has("json")).toBe(false);
  });

  test.each([[["--policy-pack", "x"]], [["--target=x"]], [["-Z"]]])("%j is refused by name", (argv) => {
    expect(() => parseArguments(argv, spec)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  test("a missing value or a number that is none is the user's mistake", () => {
    expect(() => parseArguments(["--stack"], spec)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => parseArguments(["--parallel", "many"], spec).number("parallel")).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });
});

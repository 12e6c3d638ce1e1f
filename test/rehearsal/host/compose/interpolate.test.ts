import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  InterpolationFailure,
  interpolate,
  interpolateDocument,
} from "../../../../rehearsal/host/compose/interpolate.ts";

const values: Record<string, string> = { A: "a", EMPTY: "", B_2: "b" };
const unset: string[] = [];
const variables = {
  get: (name: string) => values[name],
  unset: (name: string) => {
    unset.push(name);
  },
};

describe("interpolate", () => {
  it.each([
    ["$A-${A}", "a-a"],
    ["$B_2.x", "b.x"],
    ["$$A $${A}", "$A ${A}"],
    ["${NONE:-d}", "d"],
    ["${NONE-d}", "d"],
    ["${EMPTY:-d}", "d"],
    ["${EMPTY-d}", ""],
    ["${A:-d}", "a"],
    ["${A:+yes}${NONE:+no}", "yes"],
    ["${EMPTY+set}${EMPTY:+no}", "set"],
    ["${A:?no}", "a"],
    ["${EMPTY?no}", ""],
    ["${NONE:-${A}/${OTHER:-x}}", "a/x"],
    ["postgres://u:${A}@h:5432/d", "postgres://u:a@h:5432/d"],
    ["${NONE:-{}}", "{}"],
    ["", ""],
  ])("%s is %s", (text, result) => {
    expect(interpolate(text, variables)).toBe(result);
  });

  it("says which variable has neither a value nor a default", () => {
    unset.length = 0;
    expect(interpolate("[$NONE]", variables)).toBe("[]");
    expect(unset).toEqual(["NONE"]);
  });

  it.each([
    ["${NONE:?say why}", "required variable NONE is missing a value: say why"],
    ["${EMPTY:?}", "required variable EMPTY is missing a value"],
    ["${", "invalid interpolation format"],
    ["${A", "invalid interpolation format"],
    ["${1A}", "invalid interpolation format"],
    ["$ x", "invalid interpolation format"],
  ])("refuses %s", (text, message) => {
    expect(() => interpolate(text, variables)).toThrow(InterpolationFailure);
    expect(() => interpolate(text, variables)).toThrow(message);
  });

  it("gives back any text whose dollars are doubled", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(interpolate(text.replaceAll("$", "$$$$"), variables)).toBe(text);
      }),
    );
  });
});

describe("interpolateDocument", () => {
  it("replaces in values, not in keys, and names the place of an error", () => {
    expect(interpolateDocument({ "${A}": ["${A}", 1, null, { x: "$A" }] }, variables)).toEqual({
      "${A}": ["a", 1, null, { x: "a" }],
    });
    const broken = { services: { api: { ports: ["${P:?}"] } } };
    expect(() => interpolateDocument(broken, variables)).toThrow(
      "error while interpolating services.api.ports.[0]:",
    );
  });
});

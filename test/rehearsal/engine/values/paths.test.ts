import { describe, expect, test } from "vitest";
import { differsAt, getPath, segmentsOf, withPath } from "../../../../rehearsal/engine/values/paths.ts";
import { secret } from "../../../../rehearsal/engine/values/values.ts";

describe("property paths", () => {
  test.each([
    ["a.b[0]", ["a", "b", "0"]],
    ['a["b.c"][2].d', ["a", "b.c", "2", "d"]],
    ["triggers[*]", ["triggers", "*"]],
  ])("%s has the segments %j", (path, segments) => expect(segmentsOf(path)).toEqual(segments));

  test("values are found through secrets", () => {
    expect(getPath({ a: secret({ b: [1, 2] }) }, "a.b[1]")).toBe(2);
    expect(getPath({ a: 1 }, "a.b.c")).toBeUndefined();
  });

  test("a value is put without touching the original, and secrets stay secret", () => {
    const original = { a: secret({ b: 1, c: 2 }) };
    expect(withPath(original, "a.b", 5)).toEqual({ a: secret({ b: 5, c: 2 }) });
    expect(original).toEqual({ a: secret({ b: 1, c: 2 }) });
  });

  test("lists and maps come into being on the way, undefined takes away", () => {
    expect(withPath({}, "a.b[0].c", "x")).toEqual({ a: { b: [{ c: "x" }] } });
    expect(withPath({ a: { b: 1, c: 2 } }, "a.b", undefined)).toEqual({ a: { c: 2 } });
    expect(withPath({ a: [1, 2] }, "a[0]", undefined)).toEqual({ a: [2] });
  });

  test("wildcards cannot be put to", () => {
    expect(() => withPath({}, "a[*]", 1)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  test("a wildcard differs when anything below does", () => {
    expect(differsAt("a[*]", { a: [1] }, { a: [2] })).toBe(true);
    expect(differsAt("a.b", { a: { b: 1, c: 1 } }, { a: { b: 1, c: 2 } })).toBe(false);
  });
});

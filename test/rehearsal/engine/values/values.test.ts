import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../../../../rehearsal/engine/failure.ts";
import {
  equal,
  hasSecret,
  hasUnknown,
  plain,
  SECRET_MARK,
  SIGNATURE,
  secret,
  UNKNOWN,
} from "../../../../rehearsal/engine/values/values.ts";
import { fromWire, toWire } from "../../../../rehearsal/engine/values/wire.ts";

const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";

describe("values", () => {
  test("a secret is marked once, and plain takes every mark away", () => {
    expect(secret(secret("x"))).toEqual({ [SIGNATURE]: SECRET_MARK, value: "x" });
    expect(plain({ a: [secret({ b: secret("x") })] })).toEqual({ a: [{ b: "x" }] });
  });

  test("secrets and unknowns are found at any depth", () => {
    expect(hasSecret({ a: [{ b: secret(1) }] })).toBe(true);
    expect(hasSecret({ a: [{ b: 1 }] })).toBe(false);
    expect(hasUnknown({ a: secret([UNKNOWN]) })).toBe(true);
  });

  test("plain JSON is equal to its copy, and marks make no difference to plain", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(equal(value, structuredClone(value))).toBe(true);
        expect(plain(secret(value))).toEqual(plain(value));
      }),
    );
  });

  test("an absent property equals an undefined one, other differences count", () => {
    expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(equal({ a: 1 }, { a: "1" })).toBe(false);
    expect(equal([1, 2], [2, 1])).toBe(false);
    expect(equal(null, undefined)).toBe(false);
  });
});

describe("the wire", () => {
  test("output values become their value, marked unknown or secret", () => {
    const received = fromWire({
      known: { [SIGNATURE]: OUTPUT, value: "v" },
      unknown: { [SIGNATURE]: OUTPUT },
      hidden: { [SIGNATURE]: OUTPUT, value: { a: secret("v") }, secret: true },
    });
    expect(received).toEqual({ known: "v", unknown: UNKNOWN, hidden: secret({ a: "v" }) });
  });

  test("assets are refused", () => {
    expect(() => fromWire({ a: [{ [SIGNATURE]: ASSET, path: "x" }] })).toThrow(EngineError);
  });

  test("what is sent holds no undefined", () => {
    expect(toWire({ a: undefined, b: [undefined, 1], c: { d: undefined } })).toEqual({ b: [null, 1], c: {} });
  });
});

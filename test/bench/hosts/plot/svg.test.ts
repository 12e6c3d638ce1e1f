import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawSheet, roundUp } from "./svg.ts";

const sheet = (points: { x: number; y: number }[]) =>
  drawSheet({
    title: 'A "switch" & <more>',
    about: "",
    from: 0,
    to: 10,
    panels: [{ title: "Requests", unit: "a second", lines: [{ name: "1.0.0", look: "a", points }] }],
  });

describe("roundUp", () => {
  it("is 1, 2, 5 or 10 times a power of ten, and never less than what it is of", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (value) => {
        const round = roundUp(value);
        expect(round).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(round).toBeLessThanOrEqual(value * 2.5 * (1 + 1e-9));
      }),
    );
  });
});

describe("a chart", () => {
  it("has no number that is none, whatever is drawn", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: fc.integer({ min: 0, max: 10 }), y: fc.double({ min: 0 }) })),
        (points) => {
          expect(sheet(points.filter(({ y }) => y < 1e12 || Number.isNaN(y)))).not.toMatch(/NaN|Infinity/);
        },
      ),
    );
  });

  it("has none either where next to nothing is drawn", () => {
    expect(sheet([{ x: 1, y: Number.MIN_VALUE }])).not.toMatch(/NaN|Infinity/);
  });

  it("leaves a gap where nothing was measured", () => {
    const lines = (text: string) => text.match(/<path class="a" d="M[^h]*?"\/>/g)?.length ?? 0;
    const [one, two] = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
    ];
    expect(lines(sheet([one, two]))).toBe(1);
    expect(lines(sheet([one, { x: 0.5, y: Number.NaN }, two]))).toBe(2);
  });

  it("takes words as words", () => {
    expect(sheet([])).toContain("A &quot;switch&quot; &amp; &lt;more&gt;");
  });
});

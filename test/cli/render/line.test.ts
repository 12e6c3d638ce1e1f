import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, stepLine, wrap } from "../../../src/cli/render/line.ts";

describe("a text that is too long for its line", () => {
  const part = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => !text.includes("·"));
  const parts = fc.array(part, { minLength: 1, maxLength: 12 });

  it("keeps to the room unless one part is longer, and loses nothing", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 10, max: 100 }), (texts, room) => {
        const lines = wrap(texts.join(" · "), room);
        expect(lines.join(" ")).toBe(texts.join(" · "));
        const longest = Math.max(...texts.map((text) => text.length));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(room, longest + 2));
      }),
    );
  });

  it("breaks only where it has to", () => {
    expect(wrap("a · b · c", 20)).toEqual(["a · b · c"]);
    expect(wrap("first part · second part · third", 28)).toEqual(["first part · second part ·", "third"]);
  });
});

describe("a step's line", () => {
  it("has its time to the right", () => {
    const line = stepLine("deploy", "web-1 ✓ 2.1 s", 4);
    expect(line).toBe(`  deploy     web-1 ✓ 2.1 s${" ".repeat(70)}    4.0 s`);
  });

  it("goes on below where it begins, with its time at the end", () => {
    const detail = [
      "tests passed",
      "soak 2 h 14 min ≥ 1 h",
      "no freeze",
      "no drift",
      "way back: 1.6.0 on both hosts",
    ];
    const lines = stepLine("gates", detail.join(" · "), 0.4).split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^ {2}gates {6}tests passed · .* ·$/);
    expect(lines[1]).toMatch(/^ {13}way back: 1\.6\.0 on both hosts +0\.4 s$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(105);
  });

  it("keeps the lines of what has several", () => {
    expect(stepLine("deploy", "✗ one\ntwo")).toBe(`  deploy     ✗ one\n${" ".repeat(13)}two`);
  });
});

it.each([
  [0, "0.0 s"],
  [59.4, "59.4 s"],
  [59.97, "1 min 0 s"],
  [119.6, "2 min 0 s"],
  [60, "1 min 0 s"],
  [250, "4 min 10 s"],
])("%d seconds: %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

import { describe, expect, it } from "vitest";
import {
  EnvironmentFileInvalid,
  parseEnvironmentFile,
} from "../../../../rehearsal/host/compose/environment-file.ts";

const outer = { get: (name: string) => (name === "OUTER" ? "o" : undefined), unset: () => {} };
const read = (text: string) => Object.fromEntries(parseEnvironmentFile(text, outer));

describe("parseEnvironmentFile", () => {
  it.each([
    ["A=1\nB = two words  \n", { A: "1", B: "two words" }],
    ["# comment\n\n  export A=1 # one\n", { A: "1" }],
    ["A=a#b\nB=#none\n", { A: "a#b", B: "" }],
    ["A='$X # \\n'\n", { A: "$X # \\n" }],
    ['A="x\\ny \\"q\\" \\$X"\n', { A: 'x\ny "q" $X' }],
    ['A="first\nsecond"\nB=2', { A: "first\nsecond", B: "2" }],
    ["A=1\nB=${A}$OUTER\n", { A: "1", B: "1o" }],
    ["A=\r\nB=2\r\n", { A: "", B: "2" }],
    ["A=x=y\n", { A: "x=y" }],
    ["A=1\nA=2\n", { A: "2" }],
    ["", {}],
  ])("%j", (text, result) => {
    expect(read(text)).toEqual(result);
  });

  it("refuses lines that are no assignment and says which", () => {
    expect(() => read("A=1\n\nnonsense\n")).toThrow(EnvironmentFileInvalid);
    expect(() => read("A=1\n\nnonsense\n")).toThrow("line 3");
  });
});

import { describe, expect, it } from "vitest";
import { CommandFailure } from "../../../../rehearsal/host/docker/call.ts";
import { parseFlags } from "../../../../rehearsal/host/docker/flags.ts";

const specs = { all: { short: "a" }, quiet: { short: "q" }, filter: { takes: "value", short: "f" } } as const;
const parse = (argv: string[], stop = false) => parseFlags("docker x", argv, specs, stop);

describe("parseFlags", () => {
  it("reads long, short and joined flags", () => {
    const flags = parse(["-aq", "--filter", "a=1", "-f=b", "--filter=c=d", "one", "two"]);
    expect([flags.on("all"), flags.on("quiet")]).toEqual([true, true]);
    expect(flags.values("filter")).toEqual(["a=1", "b", "c=d"]);
    expect(flags.operands).toEqual(["one", "two"]);
  });

  it("takes false for an answer", () => {
    expect(parse(["--all=false"]).on("all")).toBe(false);
  });

  it("stops at the first operand, and at --", () => {
    expect(parse(["-a", "run", "--rm", "-q"], true).operands).toEqual(["run", "--rm", "-q"]);
    expect(parse(["--", "-a"]).operands).toEqual(["-a"]);
  });

  it.each([[["--none"]], [["-z"]], [["--filter"]]])("refuses %j", (argv) => {
    expect(() => parse(argv)).toThrow(CommandFailure);
  });
});

import { describe, expect, it } from "vitest";
import { demandReason, overridesOf, overridesOfLift } from "../../src/cli/options.ts";
import { overridableGates } from "../../src/plan/gates/gate.ts";
import { Failure } from "../../src/release/failure.ts";

const who = { actor: "octo-dev@github" };

function refusal(act: () => unknown): Failure {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  return expect.unreachable("expected a refusal");
}

describe("overrides", () => {
  it("each gate once, with the reason and who said so", () => {
    const given = { override: ["soak", "rate", "soak"], reason: " a hotfix " };
    expect(overridesOf(who, given)).toEqual([
      { gate: "soak", reason: "a hotfix", by: "octo-dev@github" },
      { gate: "rate", reason: "a hotfix", by: "octo-dev@github" },
    ]);
  });

  it("none without --override; a reason for something else is not in the way", () => {
    expect(overridesOf(who, { override: [], reason: "it is slow" })).toEqual([]);
  });

  it.each(overridableGates)("%s can be overridden", (gate) => {
    expect(overridesOf(who, { override: [gate], reason: "x" })).toHaveLength(1);
  });

  it.each([
    ["an unknown gate, with the nearest", { override: ["soka"], reason: "x" }, 'did you mean "soak"?'],
    ["no reason", { override: ["soak"] }, "expected --reason"],
    ["a blank reason", { override: ["soak"], reason: "  " }, "expected --reason"],
  ])("refuses %s, listing the gates or what is missing", (_, given, said) => {
    const failure = refusal(() => overridesOf(who, given));
    expect(failure.code).toBe("UsageInvalid");
    expect(failure.message).toContain(said);
  });

  it("an emergency stop is lifted, not overridden", () => {
    const failure = refusal(() => overridesOf(who, { override: ["stop"], reason: "x" }));
    expect(failure).toMatchObject({ code: "UsageInvalid", hint: "liftlock stop --lift" });
  });

  it("of a rollback only its rate", () => {
    expect(overridesOf(who, { override: ["rate"], reason: "x" }, ["rate"])).toHaveLength(1);
    const failure = refusal(() => overridesOf(who, { override: ["soak"], reason: "x" }, ["rate"]));
    expect(failure.code).toBe("UsageInvalid");
  });

  it("a promotion's reason without an override would go nowhere", () => {
    expect(refusal(() => overridesOfLift(who, { override: [], reason: "x" })).code).toBe("UsageInvalid");
    expect(overridesOfLift(who, { override: [] })).toEqual([]);
  });
});

it.each([undefined, "", " \t"])("a reason that says nothing is refused: %j", (reason) => {
  expect(refusal(() => demandReason(reason, "to deny a promotion"))).toMatchObject({
    code: "UsageInvalid",
    message: expect.stringContaining("to deny a promotion") as string,
  });
});

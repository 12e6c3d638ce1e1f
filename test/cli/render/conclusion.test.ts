import { describe, expect, it } from "vitest";
import { conclusion } from "../../../src/cli/render/conclusion.ts";
import { failureText } from "../../../src/cli/render/failure.ts";
import { Failure, type FailureCode } from "../../../src/release/failure.ts";
import { before, result } from "../results.ts";

const reason = (code: FailureCode) => ({ code, message: "for a reason", hint: "do this" });
const back = { status: "RolledBack", runs: before } as const;
const lifting = "liftlock veto lift production 1.6.1";

describe("the last lines", () => {
  it("completed: what runs, what ran, the way back", () => {
    const text = conclusion(result());
    expect(text).toContain("Completed in 6.9 s. production runs 1.6.1 (was 1.6.0).");
    expect(text).toContain("liftlock rollback production");
  });

  it("in spite of: which gate, why and who; what was left: code and next step", () => {
    const overridden = [{ gate: "soak", reason: "a hotfix", by: "octo-dev@github" } as const];
    const text = conclusion(result({ overridden, remark: reason("RegistryUpdateFailed") }));
    expect(text).toContain("In spite of:  soak (a hotfix, octo-dev@github)");
    expect(text).toContain("RegistryUpdateFailed: for a reason\n  do this");
  });

  it("waiting: for whom, how to approve, and that the same command goes on", () => {
    const text = conclusion(result({ status: "Pending", reason: reason("ApprovalPending"), runs: before }));
    expect(text).toMatch(
      /^Waits for approval \(ApprovalPending\)\. production runs 1\.6\.0; nothing was touched\./,
    );
    expect(text).toContain("for a reason\n  do this");
    expect(text).toContain("liftlock pending");
  });

  it("cancelled: by what", () => {
    const text = conclusion(result({ status: "Cancelled", reason: reason("ApprovalDenied"), runs: before }));
    expect(text).toMatch(/^Cancelled \(ApprovalDenied\)/);
  });

  it.each<[FailureCode, boolean]>([
    ["StartFailed", true],
    ["Unhealthy", true],
    ["MigrationFailed", true],
    ["HostUnreachable", false],
    ["EngineFailed", false],
  ])("rolled back for %s: vetoed is %s", (code, vetoed) => {
    expect(conclusion(result({ ...back, reason: reason(code) })).includes(lifting)).toBe(vetoed);
  });

  it("a way back that a person asked for vetoes nothing", () => {
    const text = conclusion(result({ ...back, kind: "rollback", reason: reason("StartFailed") }));
    expect(text).not.toContain("veto");
  });

  it("no way back: what to do, in order; and where it is written up", () => {
    const failed = {
      status: "Failed",
      reason: reason("StartFailed"),
      backReason: reason("RollbackFailed"),
    } as const;
    const { runs: _, ...nothing } = result(failed);
    const plain = conclusion(nothing);
    expect(plain).toContain("nothing that is verified runs in production");
    expect(plain).toContain("1. liftlock status production");
    expect(plain).toContain(lifting);
    const told = conclusion({
      ...nothing,
      instructions: ["look", "mend"],
      incident: ".liftlock/incidents/1.md",
    });
    expect(told).toContain("  1. look\n  2. mend");
    expect(told).toContain("Incident report: .liftlock/incidents/1.md");
  });

  it("refused after it began: says refused, and nothing of a veto", () => {
    const text = conclusion(result({ status: "Failed", reason: reason("UnsafeChange"), runs: before }));
    expect(text).toMatch(/^Refused \(UnsafeChange\)/);
    expect(text).not.toContain("veto");
  });
});

describe("what ended a command", () => {
  it.each<[FailureCode, string]>([
    ["SoakTooShort", "Refused (SoakTooShort): for a reason\n  do this"],
    ["HostUnreachable", "HostUnreachable: for a reason\n  do this"],
  ])("%s", (code, text) => {
    expect(failureText(new Failure(reason(code)))).toBe(text);
  });

  it("several problems come under their subject", () => {
    const message = "Pulumi.production.yaml has 2 problems:\n  a  b\n  c  d";
    const failure = new Failure({ code: "ConfigInvalid", message, fault: "user" });
    expect(failureText(failure)).toBe(
      "Pulumi.production.yaml has 2 problems (ConfigInvalid):\n  a  b\n  c  d",
    );
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandOf } from "../../../rehearsal/actions/steps/commands.ts";
import { readPairs } from "../../../rehearsal/actions/steps/files.ts";
import { actionsLog, annotation, outputLines, promotionSummary } from "../../../src/cli/render/actions.ts";
import { result } from "../results.ts";

let directory: string;
let environment: Record<string, string>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-actions-"));
  const file = (name: string) => {
    writeFileSync(join(directory, name), "");
    return join(directory, name);
  };
  environment = {
    GITHUB_ACTIONS: "true",
    GITHUB_OUTPUT: file("output"),
    GITHUB_STEP_SUMMARY: file("summary"),
  };
});
afterEach(() => rmSync(directory, { recursive: true }));
const outputs = () => readPairs(readFileSync(join(directory, "output"), "utf8"), "GITHUB_OUTPUT");
const summary = () => readFileSync(join(directory, "summary"), "utf8");

describe("what GitHub Actions are told", () => {
  it("is nothing elsewhere", () => {
    expect(actionsLog({}, () => expect.unreachable())).toBeUndefined();
    expect(actionsLog({ GITHUB_ACTIONS: "false" }, () => expect.unreachable())).toBeUndefined();
  });

  it("is one annotation, whatever a text holds: none can give another command", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.oneof(fc.constantFrom("\u2028", "\u2029", "\r", "\n", ":"), fc.string()) }),
        (title, text) => {
          const line = annotation("error", title, text);
          expect(line.split("\n")).toHaveLength(2);
          expect(commandOf(line.trimEnd())?.command).toBe("annotation");
        },
      ),
    );
    const hostile = annotation("error", "a,file=/etc/passwd::", "x\n::add-mask::y\r\n::set-output name=z::1");
    expect(commandOf(hostile.trimEnd())).toEqual({
      command: "annotation",
      annotation: {
        level: "error",
        title: "a,file=/etc/passwd::",
        message: "x\n::add-mask::y\r\n::set-output name=z::1",
      },
    });
  });

  it("is outputs that come back as they were", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.string()), (values) => {
        expect({ ...readPairs(outputLines(values), "GITHUB_OUTPUT") }).toEqual({ ...values });
      }),
    );
  });

  it("has a promotion's outputs, its course, and an error where it did not come", () => {
    const lines: string[] = [];
    const log = actionsLog(environment, (line) => lines.push(line));
    const failed = result({
      status: "RolledBack",
      reason: { code: "Unhealthy", message: "api on shop-production-1: | 500 <b>\n```" },
      steps: [
        { name: "images", seconds: 2, own: 1 },
        { name: "deploy", seconds: 10, own: 1 },
      ],
    });
    log?.notify({ code: "promotion.finished", payload: failed });
    expect(outputs()).toMatchObject({
      promotion: failed.promotion,
      status: "RolledBack",
      version: failed.release.version,
      reason: "Unhealthy",
    });
    expect(lines.map((line) => commandOf(line.trimEnd()))).toEqual([
      expect.objectContaining({
        annotation: expect.objectContaining({ level: "error", title: "Unhealthy" }) as unknown,
      }),
    ]);
    expect(summary()).toContain("| +2.0 s | deploy | 10.0 s |");
    // Nothing of a host's words becomes markup.
    expect(summary()).toContain(
      "**Unhealthy**: api on shop-production-1: &#124; 500 &#60;b&#62; &#96;&#96;&#96;\n",
    );
    expect(summary()).toMatch(/````+text/);
  });

  it.each([
    ["Completed", "promote", undefined],
    ["RolledBack", "rollback", undefined],
    ["Pending", "promote", "notice"],
    ["Failed", "promote", "error"],
    ["RolledBack", "promote", "error"],
  ] as const)("%s of a %s is annotated: %s", (status, kind, level) => {
    const lines: string[] = [];
    actionsLog(environment, (line) => lines.push(line))?.notify({
      code: "promotion.finished",
      payload: result({ status, kind }),
    });
    expect(lines.map((line) => /^::(\w+)/.exec(line)?.[1])).toEqual(level === undefined ? [] : [level]);
  });

  it("has what any other command showed, and why one failed", () => {
    const lines: string[] = [];
    const log = actionsLog(environment, (line) => lines.push(line));
    log?.show("status", { environment: "staging", problems: 0, hosts: [] }, "staging   1.0.0");
    expect(outputs()).toEqual({ environment: "staging", problems: "0" });
    log?.failed({ code: "StalePin", message: "the checkout is behind", hint: "git pull" });
    expect(outputs()).toMatchObject({ status: "Failed", reason: "StalePin" });
    expect(lines[0]).toMatch(/^::error title=StalePin::the checkout is behind%0Agit pull\n$/);
    expect(summary()).toContain("staging   1.0.0");
  });

  it("keeps to the size that GitHub takes", () => {
    actionsLog(environment, () => undefined)?.show("plan", {}, "x".repeat(3_000_000));
    expect(summary().length).toBeLessThan(1_000_000);
  });

  it("heads the summary with how it ended", () => {
    expect(promotionSummary(result({ status: "Completed" }))).toMatch(/^## ✅ /);
    expect(promotionSummary(result({ status: "Failed" }))).toMatch(/^## ❌ /);
  });
});

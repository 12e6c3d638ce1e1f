import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConcurrencyGroups } from "../../../rehearsal/actions/concurrency.ts";
import { expand, expandValue, holds, type Standing } from "../../../rehearsal/actions/expressions.ts";
import { Masks } from "../../../rehearsal/actions/masks.ts";
import { allows, neededFor } from "../../../rehearsal/actions/permissions.ts";
import { ActionsRefusal } from "../../../rehearsal/actions/refusal.ts";
import { commandOf } from "../../../rehearsal/actions/steps/commands.ts";
import { readPairs } from "../../../rehearsal/actions/steps/files.ts";

describe("expressions", () => {
  const contexts = {
    github: { ref: "refs/heads/main", event: { n: 3 } },
    inputs: { go: true, what: "" },
    needs: {},
  };

  it.each([
    ["a ${{ github.ref }} b", "a refs/heads/main b"],
    ["${{ inputs.what || 'else' }}", "else"],
    ["${{ format('{0}-{1}', github.event.n, inputs.go) }}", "3-true"],
    ["${{ github.event.nothing.at.all }}", ""],
    ["${{ '}}' }}", "}}"],
    ["no expression", "no expression"],
  ])("%s", (text, value) => {
    expect(expand(text, contexts)).toBe(value);
  });

  it("keeps types where there is nothing but the expression", () => {
    expect(expandValue("${{ fromJSON('[1, 2]') }}", contexts)).toEqual([1, 2]);
  });

  it.each([
    [undefined, "success", true],
    [undefined, "failure", false],
    ["github.event.n == 3", "success", true],
    // A condition that asks for no status is one for success too.
    ["github.event.n == 3", "failure", false],
    ["!cancelled() && github.event.n == 3", "failure", true],
    ["always()", "cancelled", true],
    ["failure()", "success", false],
    ["${{ failure() }}", "failure", true],
    ["'false'", "success", true],
    ["inputs.what", "success", false],
  ] as const)("if: %s after %s: %s", (condition, standing: Standing, expected) => {
    expect(holds(condition, contexts, standing)).toBe(expected);
  });

  it.each(["github.", "nobody()", "unknown.context", "1 +"])("refuses %s", (expression) => {
    expect(() => expand(`\${{ ${expression} }}`, contexts)).toThrow(ActionsRefusal);
  });
});

describe("files of a step", () => {
  it("gives back what was written, whatever it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]\w{0,8}$/), fc.string()), (values) => {
        const lines = Object.entries(values).map(([name, value]) => {
          const clean = value.replaceAll(/[\r\n]/g, " ");
          return `${name}<<marker-1\n${clean}\n${clean}\nmarker-1\n`;
        });
        const read = readPairs(lines.join(""), "GITHUB_OUTPUT");
        for (const [name, value] of Object.entries(values)) {
          const clean = value.replaceAll(/[\r\n]/g, " ");
          expect(read[name]).toBe(`${clean}\n${clean}`);
        }
      }),
    );
  });

  it.each(["a line", "name<<END\nwithout an end"])("refuses %j", (text) => {
    expect(() => readPairs(text, "GITHUB_ENV")).toThrow(ActionsRefusal);
  });
});

describe("commands in output", () => {
  it.each([
    ["::add-mask::hush", { command: "mask", value: "hush" }],
    [
      "  ::error title=A%3A b,file=x.ts,line=3::two%0Alines",
      {
        command: "annotation",
        annotation: { level: "error", title: "A: b", file: "x.ts", line: "3", message: "two\nlines" },
      },
    ],
    ["::warning::100%25", { command: "annotation", annotation: { level: "warning", message: "100%" } }],
    ["::stop-commands::token", { command: "stop", until: "token" }],
    ["::group::x", { command: "other", name: "group" }],
    ["text ::error::no command", undefined],
  ])("%s", (line, expected) => {
    expect(commandOf(line)).toEqual(expected);
  });
});

describe("masks", () => {
  it("hides a value in every form in which it may turn up", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4 }).filter((text) => text.trim().length > 3 && !text.includes("*")),
        (secret) => {
          const masks = new Masks();
          masks.add(secret);
          const trimmed = secret.trim();
          for (const form of [trimmed, encodeURIComponent(trimmed), Buffer.from(trimmed).toString("base64")])
            expect(masks.apply(`before ${form} after`)).not.toContain(form);
        },
      ),
    );
  });

  it("hides each line of what has several, and the longer of two first", () => {
    const masks = new Masks();
    masks.add("first line\nsecond line");
    masks.add("second line and more");
    expect(masks.apply("first line; second line; second line and more")).toBe("***; ***; ***");
  });
});

describe("permissions of a token", () => {
  it.each([
    ["POST", "/api/v3/repos/o/r/deployments", { deployments: "write" }, true],
    ["POST", "/api/v3/repos/o/r/deployments", { deployments: "read" }, false],
    ["GET", "/api/v3/repos/o/r/deployments/1/statuses", { deployments: "read" }, true],
    ["POST", "/api/v3/repos/o/r/issues/1/comments", { "pull-requests": "write" }, true],
    ["POST", "/api/v3/repos/o/r/issues", {}, false],
    ["GET", "/api/v3/repositories/42/environments/production/secrets/A", { contents: "write" }, false],
    ["DELETE", "/api/v3/users/o/packages/container/shop%2Fapi/versions/1", { packages: "read" }, false],
    ["GET", "/api/v3/repos/o/r", {}, true],
    ["GET", "/api/v3/repos/o/r/rulesets", "write-all", false],
    ["GET", "/api/v3/repos/o/r/pulls", "read-all", true],
    ["POST", "/api/v3/repos/o/r/pulls", "read-all", false],
  ] as const)("%s %s with %j: %s", (method, path, permissions, allowed) => {
    const needed = neededFor(method, path);
    expect(needed === undefined || allows(permissions, needed)).toBe(allowed);
  });
});

describe("concurrency groups", () => {
  it("let one in, keep one waiting, and let the newest take its place", async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter("g", false);
    const second = groups.enter("g", false);
    const third = groups.enter("g", false);
    expect(await second).toBeUndefined();
    expect(first?.cancelled.aborted).toBe(false);
    first?.leave();
    const place = await third;
    expect(place).toBeDefined();
    const other = await groups.enter("another", false);
    expect(other).toBeDefined();
    const fourth = groups.enter("g", true);
    expect(place?.cancelled.aborted).toBe(true);
    place?.leave();
    expect(await fourth).toBeDefined();
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { isIncident, reportIncident, writeIncident } from "../../src/automation/incident.ts";
import { type Incident, renderIncident } from "../../src/automation/incidentText.ts";
import { instructions } from "../../src/automation/instructions.ts";
import type { FailureReport, PromotionResult } from "../../src/automation/messages.ts";
import type { Run } from "../../src/automation/run.ts";
import { timelineOf } from "../../src/automation/timeline.ts";
import type { Entry, EntryDraft } from "../../src/ledger/entry.ts";
import { container, digest, host } from "../releases.ts";
import { aRun, ending, newer, now, older, step, stuck } from "./runs.ts";

const directory = mkdtempSync(join(tmpdir(), "liftlock-incident-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const written = (run: Run, path: string | undefined) =>
  readFileSync(join(run.context.workDirectory, path ?? "none"), "utf8");

const journal = (...entries: EntryDraft[]) => entries as readonly EntryDraft[] as readonly Entry[];

describe("what is worth a report", () => {
  it.each([
    ["RolledBack", undefined, true],
    ["Completed", undefined, false],
    ["Pending", undefined, false],
    ["Cancelled", undefined, false],
    ["Failed", undefined, false],
    ["Failed", "ConfigInvalid", false],
    ["Failed", "RollbackIncomplete", true],
    ["Failed", "RollbackFailed", true],
    ["Failed", "NoRollbackTarget", true],
    ["Failed", "RateLimited", true],
  ] as const)("%s (%s): %s", async (status, code, is) => {
    await using given = await aRun();
    const back = code && { backReason: { code, message: "x" } };
    const result = ending(given.run, { status, ...back });
    expect(isIncident(result)).toBe(is);
    expect((await reportIncident(given.run, result, older)) !== undefined).toBe(is);
  });
});

describe("a report", () => {
  const reports: FailureReport[] = [
    {
      host: "web-1",
      service: "api",
      exitCode: 1,
      probe: "503 starting",
      log: ["Error: no host", "    at connect"],
    },
  ];

  it("says what happened, what had changed, who did what, what failed and what runs", async () => {
    await using given = await aRun({ change: { reports } });
    const { run } = given;
    await run.journal.append({ entry: "started", release: newer, previous: older, attempt: 2 });
    await run.journal.remark({ entry: "override", gate: "soak", why: "urgent fix" });
    await run.journal.append({ entry: "intent", step: "deploy", attempt: 2 });
    const reason = { code: "StartFailed", message: "web-1: api exited with 1" } as const;
    await run.journal.append({ entry: "failed", step: "deploy", attempt: 2, reason });
    const overridden = [{ gate: "soak", reason: "urgent fix", by: "octo-dev@github" }] as const;
    const steps = ["facts", "deploy", "diagnose"].map((name) => ({ name, seconds: 2, own: 1 }));
    const result = ending(run, { reports, overridden: [...overridden], steps });
    const text = written(run, await reportIncident(run, result, older));
    for (const part of [
      "# shop production: went back to 1.0.0, 1.1.0 failed",
      "from staging into production of shop",
      "**StartFailed**: web-1: api exited with 1",
      "From the first failure to healthy again: 4.2 s.",
      "| deploy | StartFailed: web-1: api exited with 1 |",
      "gate soak overridden | urgent fix; by octo-dev@github",
      "| diagnose |",
      `\`${older.commit}...${newer.commit}\`: https://github.com/example/shop/compare/${older.commit}...${newer.commit}`,
      `- api: \`${digest("api 1.0.0")}\` → \`${digest("api 1.1.0")}\``,
      "### api on web-1",
      "- exit code: 1",
      "- last probe: 503 starting",
      "```text\nError: no host\n    at connect\n```",
      "### web-2 (203.0.113.2)",
      "- api: running, healthy; 1.0.0",
      "- soak, by octo-dev@github: urgent fix",
      "`main`, `latest` were not moved.",
    ])
      expect(text).toContain(part);
  });

  it("of a person's way back compares what was left with what runs again", async () => {
    const before = {
      release: newer,
      candidate: undefined,
      rollout: { attempt: 1, mode: "forward" },
    } as const;
    await using given = await aRun({
      kind: "rollback",
      change: { release: older, before, source: undefined },
    });
    const reason = { code: "Interrupted", message: "wrong prices" } as const;
    const path = await reportIncident(given.run, ending(given.run, { reason }), older);
    expect(path).toBe(".liftlock/incidents/2026-01-07-production-1.1.0.md");
    const text = written(given.run, path);
    expect(text).toContain("## What 1.1.0 changed against 1.0.0");
    expect(text).toContain("went back from 1.1.0");
    expect(text).toContain("wrong prices");
  });

  it("looks at the hosts once more where nobody could bring them back, and says what to type", async () => {
    await using given = await aRun();
    const result = stuck(given.run, "RollbackIncomplete");
    const text = written(given.run, await reportIncident(given.run, result, undefined));
    expect(text).toContain("It could not be read: no answer");
    expect(text).toContain("**Nothing that is verified runs in production.**");
    const typed = instructions(result, given.run.target);
    expect(typed.length).toBeGreaterThan(5);
    expect(typed.filter((line, i) => !text.includes(`\n${i + 1}. ${line}\n`))).toEqual([]);
  });

  it("holds no secret, wherever it came from", async () => {
    const hidden = "*hunter2*`hunter2";
    const said = `password ${hidden} refused`;
    const leaking = { host: "web-1", service: "api", probe: said, log: [said] };
    const seen = host("web-1", older, 2, { containers: [container("api", older, { health: said })] });
    await using given = await aRun({ change: { readings: [seen, { host: "web-2", unreachable: said }] } });
    const { run } = given;
    run.context.secrets.add(hidden);
    await run.journal.append({ entry: "started", release: newer, attempt: 2 });
    await run.journal.remark({ entry: "note", text: said });
    const reason = { code: "StartFailed", message: said } as const;
    const text = written(run, await reportIncident(run, ending(run, { reason, reports: [leaking] }), older));
    expect(text).not.toMatch(/hunter2/);
    expect(text.match(/\[secret\]/g)?.length).toBeGreaterThan(5);
  });

  it("that cannot be written is warned of, and changes nothing", async () => {
    await using given = await aRun();
    writeFileSync(join(given.directory, ".liftlock"), "a file where the directory should be");
    expect(await reportIncident(given.run, ending(given.run), older)).toBeUndefined();
    expect(given.warnings()).toEqual([expect.stringContaining("the incident report was not written")]);
  });

  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "```",
      "````text",
      "\n## Heading",
      "| a | b |",
      "<script>",
      "[x](javascript:1)",
      "\u202e",
    ),
  );

  it("keeps its parts whatever logs and people say", async () => {
    await using given = await aRun();
    const incident = (words: string[], log: string[]): Incident => {
      const [a = "", b = "", c = "", d = ""] = words;
      const reason = { code: "Unhealthy", message: a } as const;
      const overridden = [{ gate: "soak", reason: b, by: c } as const];
      const failed = [{ host: "web-1", service: "api", probe: d, log }];
      return {
        title: a,
        app: "shop",
        result: ending(given.run, { reason, overridden, reports: failed }),
        who: b,
        ended: now,
        left: newer,
        good: older,
        entries: journal({
          entry: "note",
          promotion: "p",
          actor: c || "x",
          time: now.toISOString(),
          text: d || "x",
        }),
        hosts: [{ name: "web-1", address: "203.0.113.1" }],
        readings: [{ host: "web-1", unreachable: c }],
        tags: [],
        todo: ["liftlock status production"],
      };
    };
    fc.assert(
      fc.property(fc.array(text, { minLength: 4, maxLength: 4 }), fc.array(text), (words, log) => {
        const lines = renderIncident(incident(words, log)).split("\n");
        const open = lines.findIndex((line) => /^`{3,}text$/.test(line));
        const fence = lines[open]?.replace("text", "") ?? "none";
        const close = open < 0 ? -1 : lines.indexOf(fence, open);
        // Everything between the fences is the log, each of its lines one line.
        expect(close - open - 1).toBe(open < 0 ? -1 : log.length);
        const outside = lines.filter((_, i) => i < open || i > close);
        expect(outside.filter((line) => line.startsWith("## "))).toHaveLength(7);
        expect(outside.join("\n")).not.toMatch(/(?<!\\)<|\u202e/);
        const cells = outside
          .filter((line) => line.startsWith("|"))
          .map((line) => line.match(/(?<!\\)\|/g)?.length);
        expect(new Set(cells)).toEqual(new Set([6]));
      }),
    );
  });
});

describe("the file of a report", () => {
  it("is for its owner only, and never one that is there already", () => {
    const place = join(directory, "incidents");
    const files = ["first", "second", "third"].map((text) =>
      writeIncident(place, "2026-01-07-production-1.1.0", text),
    );
    expect(files.map((file) => file.slice(place.length + 1))).toEqual([
      "2026-01-07-production-1.1.0.md",
      "2026-01-07-production-1.1.0-2.md",
      "2026-01-07-production-1.1.0-3.md",
    ]);
    expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(["first", "second", "third"]);
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    expect(readdirSync(place)).toHaveLength(3);
  });
});

describe("instructions", () => {
  it.each(["RollbackIncomplete", "RollbackFailed", "NoRollbackTarget", "RateLimited"] as const)(
    "for %s lead from looking to mending, on every host",
    async (code) => {
      await using given = await aRun();
      const steps = instructions(stuck(given.run, code), given.run.target);
      expect(steps[0]).toContain("liftlock status production");
      for (const address of ["liftlock@203.0.113.1", "liftlock@203.0.113.2"])
        expect(steps.filter((line) => line.includes(`-p 22 ${address} `))).toHaveLength(2);
      expect(steps.findIndex((line) => line.includes("liftlock resume production"))).toBeGreaterThan(
        steps.findLastIndex((line) => line.includes("ssh ")),
      );
      expect(steps.join("\n")).not.toContain(given.run.target.outputs.access.privateKey);
    },
  );

  it("name the services that were reported, and the migrator's own log", async () => {
    await using given = await aRun();
    const reports = ["api", "migrator"].map((service) => ({ host: "web-1", service, log: [] }));
    const steps = instructions({ ...stuck(given.run, "RollbackFailed"), reports }, given.run.target);
    expect(steps.find((line) => line.includes("web-1") && line.includes(" logs "))).toMatch(
      /logs --tail 100 api'$/,
    );
    expect(steps.find((line) => line.includes("web-2") && line.includes(" logs "))).toMatch(
      /logs --tail 100'$/,
    );
    expect(steps.filter((line) => line.includes("liftlock/shop/migrator.log"))).toHaveLength(1);
  });

  it("are none where nobody is needed", async () => {
    await using given = await aRun();
    expect(instructions(ending(given.run), given.run.target)).toEqual([]);
    const plain: PromotionResult = ending(given.run, { status: "Failed" });
    expect(instructions(plain, given.run.target)).toEqual([]);
  });
});

describe("the timeline", () => {
  const began = new Date(now.getTime() - 3000);
  const times = (...names: string[]) => names.map((name) => ({ name, seconds: 2, own: 1 }));
  const short = (moments: ReturnType<typeof timelineOf>) =>
    moments.map(({ what, since, took, detail }) => [what, since, took, detail]);
  const unhealthy = { code: "Unhealthy", message: "docs" };

  it("puts the driver's times to the journal's steps, and facts before the beginning", () => {
    const entries = journal(
      step("started", "p", 0, { release: newer }),
      step("intent", "p", 1, { step: "images" }),
      step("confirmed", "p", 2, { step: "images" }),
      step("intent", "p", 3, { step: "deploy" }),
      step("failed", "p", 6, { step: "deploy", reason: unhealthy }),
    );
    const own = { promotion: "p", began, steps: times("facts", "images", "deploy") };
    expect(short(timelineOf(entries, own))).toEqual([
      ["facts", 0, 2, undefined],
      ["begun", 3, undefined, "promote 1.1.0"],
      ["images", 4, 2, undefined],
      ["deploy", 6, 2, "Unhealthy: docs"],
    ]);
  });

  it("has the steps of a way back that could not be journaled, and of a journal that could not be read", () => {
    const entries = journal(
      step("started", "p", 0, { release: newer }),
      step("intent", "p", 1, { step: "deploy" }),
    );
    const steps = times("facts", "deploy", "revert", "verifyRevert", "revert", "verifyRevert");
    const own = { promotion: "p", began, steps };
    const names = ["deploy", "revert", "verifyRevert", "revert", "verifyRevert"];
    expect(timelineOf(entries, own).map(({ what }) => what)).toEqual(["facts", "begun", ...names]);
    expect(timelineOf([], own).map(({ what, since }) => [what, since])).toEqual(
      ["facts", ...names].map((name, i) => [name, i * 2]),
    );
  });

  it("begins with the promotion that a resume brings to its end, and says what was not seen of it", () => {
    const entries = journal(
      step("started", "killed", -100, { release: newer }),
      step("intent", "killed", -90, { step: "deploy" }),
      step("started", "p", 0, { release: newer, kind: "resume" }),
      step("intent", "p", 1, { step: "revert" }),
      step("confirmed", "p", 4, { step: "revert" }),
      step("ended", "p", 5, { status: "RolledBack" }),
    );
    const own = { promotion: "p", began, steps: times("facts", "revert") };
    expect(short(timelineOf(entries, own))).toEqual([
      ["begun", 0, undefined, "promote 1.1.0"],
      ["deploy", 10, undefined, "its end was not journaled"],
      ["facts", 97, 2, undefined],
      ["begun", 100, undefined, "resume 1.1.0"],
      ["revert", 101, 2, undefined],
      ["RolledBack", 105, undefined, undefined],
    ]);
  });
});

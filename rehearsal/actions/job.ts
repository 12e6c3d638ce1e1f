/** One job of a run: its steps one after the other, in a directory of its own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contexts, expand, expandValue, holds, type Standing } from "./expressions.ts";
import { ActionsRefusal } from "./refusal.ts";
import { commandOf } from "./steps/commands.ts";
import { readPairs } from "./steps/files.ts";
import { runScript } from "./steps/script.ts";
import type { JobResult, JobSurroundings, Outcome, StepResult } from "./surroundings.ts";
import { type Action, type Job, readAction, type Step } from "./workflow.ts";

const strings = (values: Readonly<Record<string, unknown>>, contexts: Contexts): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expand(String(value), contexts)]));

/** Runs one job's steps. */
export class JobRunner {
  private readonly job: Job;
  private readonly around: JobSurroundings;
  private readonly contexts: Contexts;
  private readonly environment: Record<string, string>;
  private readonly path: string[] = [];
  private readonly result: JobResult = {
    result: "success",
    outputs: {},
    log: [],
    hidden: 0,
    annotations: [],
    summary: "",
    steps: {},
    course: [],
  };
  private stopped: string | undefined;
  private number = 0;

  /** @param contexts everything that does not change while the job runs. @param environment of workflow and job */
  constructor(job: Job, around: JobSurroundings, contexts: Contexts, environment: Record<string, string>) {
    this.job = job;
    this.around = around;
    this.contexts = contexts;
    this.environment = environment;
  }

  /** Runs all of them; never throws but for what this runner does not do. */
  async run(): Promise<JobResult> {
    mkdirSync(this.around.workspace, { recursive: true });
    mkdirSync(this.around.temporary, { recursive: true });
    const minutes = Number(expandValue(String(this.job["timeout-minutes"]), this.contexts));
    const timeout = AbortSignal.timeout(minutes * this.around.minute);
    const signal = AbortSignal.any([timeout, this.around.cancelled]);
    const steps: Record<string, StepResult> = {};
    let standing: Standing = "success";
    for (const step of this.job.steps) {
      if (signal.aborted) standing = "cancelled";
      const ended = await this.step(step, steps, standing, signal, this.contexts);
      if (ended === "failure" && standing === "success") standing = "failure";
    }
    if (timeout.aborted)
      this.log(`##[error]The job has exceeded the maximum execution time of ${minutes} minutes.`);
    const result = timeout.aborted ? "cancelled" : standing;
    const outputs = strings(this.job.outputs, { ...this.contexts, steps });
    return { ...this.result, result, outputs, steps };
  }

  private log(line: string): void {
    const shown = this.around.masks.apply(line);
    if (shown !== line) this.result.hidden += 1;
    this.result.log.push(shown);
  }

  /** @returns its conclusion */
  private async step(
    step: Step,
    steps: Record<string, StepResult>,
    standing: Standing,
    signal: AbortSignal,
    outer: Contexts,
  ): Promise<Outcome> {
    this.number += 1;
    const contexts: Contexts = { ...outer, steps, env: { ...this.environment }, job: { status: standing } };
    const name = expand(step.name ?? step.uses ?? step.run?.split("\n")[0] ?? "", contexts);
    const record = (outcome: Outcome, outputs: Record<string, string> = {}): Outcome => {
      const forgiven = outcome === "failure" && this.forgives(step, contexts);
      const conclusion = forgiven ? "success" : outcome;
      if (step.id !== undefined) steps[step.id] = { outputs, outcome, conclusion };
      this.result.course.push({ name, outcome });
      return conclusion;
    };
    if (!holds(step.if, contexts, standing)) return record("skipped");
    this.log(`##[group]${name}`);
    const env = strings(step.env ?? {}, contexts);
    const within: Contexts = { ...contexts, env: { ...this.environment, ...env } };
    const limit = step["timeout-minutes"] ?? this.job["timeout-minutes"];
    const timeout = AbortSignal.timeout(Number(expandValue(String(limit), contexts)) * this.around.minute);
    // What runs in spite of a cancellation is not ended by it.
    const both = signal.aborted ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const { code, outputs } =
        step.uses === undefined
          ? await this.script(step, env, within, both)
          : await this.use(step, step.uses, env, within, both);
      if (code !== 0) this.log(`##[error]Process completed with exit code ${code}.`);
      if (code === 0) return record("success", outputs);
      return record(signal.aborted && both !== timeout ? "cancelled" : "failure", outputs);
    } catch (thrown) {
      if (!(thrown instanceof ActionsRefusal)) throw thrown;
      this.log(`##[error]${thrown.message}`);
      return record("failure");
    }
  }

  private forgives(step: Step, contexts: Contexts): boolean {
    const given = step["continue-on-error"] ?? false;
    return given === true || (typeof given === "string" && expand(given, contexts) === "true");
  }

  private variables(env: Readonly<Record<string, string>>): Record<string, string> {
    const { machine } = this.around;
    const path = [...this.path, env["PATH"] ?? machine["PATH"] ?? ""].filter((part) => part !== "").join(":");
    return { ...machine, ...this.environment, ...env, PATH: path };
  }

  private async script(
    step: Step,
    env: Readonly<Record<string, string>>,
    contexts: Contexts,
    signal: AbortSignal,
  ): Promise<{ code: number; outputs: Record<string, string> }> {
    const { temporary, workspace } = this.around;
    const files = Object.fromEntries(
      (["ENV", "OUTPUT", "PATH", "STEP_SUMMARY", "STATE"] as const).map((kind) => {
        const file = join(temporary, `_${kind.toLowerCase()}-${this.number}`);
        writeFileSync(file, "");
        return [`GITHUB_${kind}`, file];
      }),
    );
    const text = expand(step.run ?? "", contexts);
    const directory = step["working-directory"] ?? this.job.defaults?.run["working-directory"];
    const code = await runScript({
      text,
      shell: step.shell ?? this.job.defaults?.run.shell,
      directory: directory === undefined ? workspace : join(workspace, expand(directory, contexts)),
      environment: { ...this.variables(env), ...files },
      temporary,
      signal,
      line: (line) => this.output(line),
    });
    // Commands stopped in one step are taken again in the next.
    this.stopped = undefined;
    const read = (kind: string) => readFileSync(files[`GITHUB_${kind}`] ?? "", "utf8");
    Object.assign(this.environment, readPairs(read("ENV"), "GITHUB_ENV"));
    this.path.unshift(
      ...read("PATH")
        .split("\n")
        .filter((line) => line !== "")
        .reverse(),
    );
    this.result.summary += this.around.masks.apply(read("STEP_SUMMARY"));
    return { code, outputs: readPairs(read("OUTPUT"), "GITHUB_OUTPUT") };
  }

  /** A line of output: logged, and obeyed where it is a command. */
  private output(line: string): void {
    if (this.stopped !== undefined) {
      if (line.trim() === `::${this.stopped}::`) this.stopped = undefined;
      this.log(line);
      return;
    }
    const command = commandOf(line);
    if (command?.command === "mask") {
      this.around.masks.add(command.value);
      return;
    }
    if (command?.command === "stop") this.stopped = command.until;
    if (command?.command === "annotation") {
      const { annotation } = command;
      this.result.annotations.push({ ...annotation, message: this.around.masks.apply(annotation.message) });
    }
    this.log(line);
  }

  private async use(
    step: Step,
    uses: string,
    env: Readonly<Record<string, string>>,
    contexts: Contexts,
    signal: AbortSignal,
  ): Promise<{ code: number; outputs: Record<string, string> }> {
    const inputs = strings(step.with ?? {}, contexts);
    if (uses.startsWith("./")) return this.composite(uses, inputs, env, contexts, signal);
    const standIn = this.around.uses.get(uses);
    if (!standIn) throw new ActionsRefusal(`there is no stand-in for ${uses}`);
    const log = (line: string) => this.log(line);
    const outputs = await standIn({ inputs, job: this.around, environment: this.variables(env), log });
    return { code: 0, outputs };
  }

  private action(uses: string): { action: Action; directory: string } {
    const directory = join(this.around.workspace, uses);
    const file = ["action.yml", "action.yaml"]
      .map((name) => join(directory, name))
      .find((path) => existsSync(path));
    if (file === undefined)
      throw new ActionsRefusal(`expected an action in ${uses}, found none: was it checked out?`);
    return { action: readAction(uses, readFileSync(file, "utf8")), directory };
  }

  /** A composite action of the checkout: its steps, with its inputs. */
  private async composite(
    uses: string,
    given: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
    outer: Contexts,
    signal: AbortSignal,
  ): Promise<{ code: number; outputs: Record<string, string> }> {
    const { action, directory } = this.action(uses);
    const unknown = Object.keys(given).find((name) => !(name in action.inputs));
    if (unknown !== undefined) throw new ActionsRefusal(`${uses} has no input ${unknown}`);
    const inputs = Object.fromEntries(
      Object.entries(action.inputs).map(([name, input]) => {
        const value =
          given[name] ?? (input.default === undefined ? "" : expand(String(input.default), outer));
        if (input.required && value === "") throw new ActionsRefusal(`${uses} wants the input ${name}`);
        return [name, value];
      }),
    );
    const github = { ...(outer["github"] as object), action_path: directory };
    const contexts: Contexts = { ...outer, inputs, github };
    const steps: Record<string, StepResult> = {};
    const before = { ...this.environment };
    Object.assign(this.environment, env, { GITHUB_ACTION_PATH: directory });
    let standing: Standing = "success";
    for (const step of action.runs.steps) {
      const ended = await this.step(step, steps, standing, signal, contexts);
      if (ended === "failure") standing = "failure";
      if (ended === "cancelled") standing = "cancelled";
    }
    for (const name of [...Object.keys(env), "GITHUB_ACTION_PATH"]) {
      const old = before[name];
      if (old === undefined) delete this.environment[name];
      else this.environment[name] = old;
    }
    const outputs = Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value }]) => [
        name,
        expand(value, { ...contexts, steps }),
      ]),
    );
    return { code: standing === "success" ? 0 : 1, outputs };
  }
}

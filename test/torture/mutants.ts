/** Bugs that are put into the product on purpose, to see whether torture finds them. Each is one change of one source file. */
export interface Mutant {
  name: string;
  /** Path in the repository. */
  file: string;
  /** Exactly once in the file. */
  find: string;
  replace: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "the pin is moved before verification",
    file: "src/plan/promotion.ts",
    find: '"verify", "pin", "latest"',
    replace: '"pin", "verify", "latest"',
  },
  {
    name: "the lease is taken whoever holds it",
    file: "src/automation/run.ts",
    find: "{ promotion: id, actor: context.actor }",
    replace: '{ promotion: id, actor: context.actor, takeOver: { why: "mutant" } }',
  },
  {
    name: "the way back uses the number of the attempt that failed",
    file: "src/automation/carryOut.ts",
    find: "run.attempt = Math.max(run.attempt, run.announced) + 1;",
    replace: "run.attempt += 0;",
  },
  {
    name: "what the hosts run is not looked at",
    file: "src/automation/effects/verify.ts",
    find: "gravest(judgeHosts(run.readings, release, jobs, run.attempt))",
    replace: "gravest([])",
  },
  {
    name: "a host that cannot be read counts as untouched",
    file: "src/plan/deployFailure.ts",
    find: "!wasRead(reading) || reading.attempt >= attempt",
    replace: "wasRead(reading) && reading.attempt >= attempt",
  },
  {
    name: "resume withdraws although a host was reached",
    file: "src/plan/resume.ts",
    find: "hosts.some((host) => host.attempt >= started)",
    replace: "hosts.every((host) => host.attempt >= started)",
  },
  {
    name: "an interrupted promotion does not keep the next one from beginning",
    file: "src/automation/prepare.ts",
    find: 'if (planResume(facts).action !== "nothing")',
    replace: 'if (planResume(facts).action === "finish")',
  },
  {
    name: "a message is told as it came",
    file: "src/automation/carryOut.ts",
    find: "message: secrets.mask(failure.message),",
    replace: "message: failure.message,",
  },
  {
    name: "an update that was to be repeated counts as withdrawn when it fails",
    file: "src/plan/promotion.ts",
    find: "touched: p.touched || touched",
    replace: "touched",
  },
  {
    name: "stages follow each other without being watched",
    file: "src/plan/promotion.ts",
    find: "...(index < stages.length - 1 ?",
    replace: "...(index < 0 ?",
  },
];

import { describe, expect, it } from "vitest";
import { highestAttempt, planResume, type ResumeFacts } from "../../src/plan/resume.ts";
import { host, release } from "../releases.ts";

const [old, current, next] = [release("1.0.0"), release("1.1.0"), release("1.2.0")];
const facts = (change: Partial<ResumeFacts>): ResumeFacts => ({
  file: { release: current, candidate: undefined, attempt: 4 },
  stack: { release: current, attempt: 4 },
  open: undefined,
  announced: 4,
  readings: [host("h1", current, 4), host("h2", current, 4)],
  verified: [current, old],
  jobs: ["migrator"],
  ...change,
});
const open = { release: next, previous: current, attempt: 5, highest: 5 };
const candidate = { release: current, candidate: next, attempt: 5 };

describe("planResume", () => {
  it.each<[string, Partial<ResumeFacts>, string]>([
    ["nothing was interrupted", {}, "nothing"],
    ["killed before anything", { open }, "withdraw"],
    ["killed with the candidate written, no host reached", { open, file: candidate }, "withdraw"],
    ["the same without a journal", { file: candidate }, "withdraw"],
    [
      "killed while one of two hosts had it",
      { open, file: candidate, readings: [host("h1", next, 5), host("h2", current, 4)] },
      "revert",
    ],
    [
      "killed in the middle of a host's script",
      { open, file: candidate, readings: [host("h1", next, 5, { phase: "deploying" }), host("h2", next, 5)] },
      "revert",
    ],
    [
      "killed when every host had it",
      { open, file: candidate, readings: [host("h1", next, 5), host("h2", next, 5)] },
      "finish",
    ],
    [
      "seen from a checkout that is behind, journal lost",
      { readings: [host("h1", next, 5), host("h2", next, 5)] },
      "finish",
    ],
    [
      "seen from a checkout that is behind, half done",
      { readings: [host("h1", next, 5), host("h2", current, 4)] },
      "revert",
    ],
    [
      "killed after the pin had moved",
      {
        open,
        file: { release: next, candidate: undefined, attempt: 5 },
        readings: [host("h1", next, 5), host("h2", next, 5)],
      },
      "finish",
    ],
    [
      "killed while going back",
      {
        open,
        file: { release: current, candidate: undefined, attempt: 6 },
        readings: [host("h1", current, 6), host("h2", next, 5)],
      },
      "revert",
    ],
    [
      "killed after it had decided to go back, before a host was reached again",
      {
        open: { ...open, highest: 6 },
        file: { release: current, candidate: undefined, attempt: 6 },
        readings: [host("h1", next, 5), host("h2", next, 5)],
      },
      "revert",
    ],
    [
      "resumed from another checkout meanwhile: only this one is behind",
      {
        file: candidate,
        stack: { release: current, attempt: 6 },
        readings: [host("h1", current, 6), host("h2", current, 6)],
      },
      "finish",
    ],
    [
      "a host was made anew and has nothing yet: nothing else was on its way",
      { readings: [host("h1", current, 4), host("h2", current, 0, { phase: "", containers: [] })] },
      "finish",
    ],
    [
      "killed while what is pinned was put in place once more",
      {
        open: { release: current, previous: current, attempt: 5, highest: 5 },
        file: { release: current, candidate: current, attempt: 5 },
        readings: [host("h1", current, 5, { phase: "deploying" }), host("h2", current, 4)],
      },
      "finish",
    ],
    [
      "a host that cannot be read counts as reached",
      { open, file: candidate, readings: [host("h1", current, 4), { host: "h2", unreachable: "x" }] },
      "revert",
    ],
  ])("%s", (_, change, action) => {
    expect(planResume(facts(change)).action).toBe(action);
  });
});

describe("a promotion that is finished", () => {
  const came = { open, file: candidate, readings: [host("h1", next, 5), host("h2", next, 5)] };

  it("needs the update once more when the stack does not know of it", () => {
    expect(planResume(facts(came))).toMatchObject({ candidate: next, attempt: 5, known: false });
    const stack = { release: next, attempt: 5 };
    const known = facts({ ...came, stack, announced: 5 });
    expect(planResume(known)).toMatchObject({ candidate: next, known: true });
    // Announced, and perhaps written into another checkout, before the driver died.
    expect(planResume({ ...known, announced: 6 })).toMatchObject({ candidate: next, known: false });
  });

  it("elsewhere is what every host runs, not what this checkout was on the way to", () => {
    const readings = [host("h1", current, 6), host("h2", current, 6)];
    const plan = planResume(facts({ file: candidate, stack: { release: current, attempt: 6 }, readings }));
    expect(plan).toMatchObject({ action: "finish", candidate: current, attempt: 6 });
  });
});

describe("a way back that a person asked for", () => {
  const file = { release: current, candidate: old, attempt: 5, back: true };
  const readings = [host("h1", old, 5), { host: "h2", unreachable: "x" }];

  it.each([
    ["ended before every host had come", undefined],
    ["was killed", { release: old, previous: current, attempt: 5, highest: 5 }],
  ])("and that %s goes on to where it was going, not to what it was leaving", (_, begun) => {
    const plan = planResume(facts({ file, open: begun, readings }));
    expect(plan).toMatchObject({ action: "revert", candidate: current, first: old });
  });

  it("is finished where every host has come", () => {
    const come = [host("h1", old, 5), host("h2", old, 5)];
    expect(planResume(facts({ file, readings: come }))).toMatchObject({ action: "finish", candidate: old });
  });
});

it("the next attempt is above every one that anybody knows of", () => {
  expect(highestAttempt(facts({ open: { ...open, highest: 9 } }))).toBe(9);
  expect(highestAttempt(facts({ readings: [host("h1", next, 12)] }))).toBe(12);
  expect(highestAttempt(facts({ stack: { release: current, attempt: 7 } }))).toBe(7);
});

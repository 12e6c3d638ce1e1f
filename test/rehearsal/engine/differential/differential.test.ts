// The same stories, told to the rehearsal engine and to the real one: what both report and store must be the same. Where no
// real CLI is at hand, its recorded results stand in for it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findRealEngine, rehearsal } from "./engines.ts";
import { scenarios } from "./scenarios.ts";
import { type StepResult, tell } from "./tell.ts";

const TIMEOUT_MS = 180_000;
const scratch = mkdtempSync(join(tmpdir(), "liftlock-real-"));
const real = findRealEngine(scratch);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function recorded(name: string): StepResult[] {
  const file = join(import.meta.dirname, "recorded", `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as StepResult[];
}

/** Results as JSON has them: recordings know no `undefined`. */
const asJson = (results: readonly StepResult[]): unknown => JSON.parse(JSON.stringify(results));

describe(`the engine does what the real one ${real ? "does" : "did when it was recorded"}`, () => {
  test.each(Object.keys(scenarios))(
    "%s",
    async (name) => {
      const steps = scenarios[name] ?? [];
      const [ours, theirs] = await Promise.all([
        tell([rehearsal], steps),
        real ? tell([real], steps) : recorded(name),
      ]);
      expect(asJson(ours)).toEqual(asJson(theirs));
      expect(
        ours.map(({ result }) => result).filter((result) => result.startsWith("failed otherwise")),
      ).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!real)("both engines can take turns on one stack", () => {
  test.each(Object.keys(scenarios))(
    "%s",
    async (name) => {
      const turns = await tell(real ? [rehearsal, real] : [], scenarios[name] ?? []);
      expect(asJson(turns)).toEqual(recorded(name));
    },
    TIMEOUT_MS,
  );
});

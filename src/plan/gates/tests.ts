import { releaseId } from "../../release/release.ts";
import { type GateFacts, isUnknown, type TestResult } from "./facts.ts";
import { fail, type Judgement, pass, skip } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";

const read = (result: TestResult) =>
  result.url === undefined ? "Read the tests' output, and mend what it says." : `Read it: ${result.url}`;

/** The tests of exactly this release passed. A result of another release says nothing. */
export function judgeTests(facts: GateFacts, policy: GatePolicy): Judgement {
  const { tests, release } = facts;
  const where = facts.source?.environment ?? facts.environment;
  if (isUnknown(tests))
    return fail("tests unknown", {
      code: "TestsFailed",
      message: `the test result of ${release.version} could not be read: ${tests.unknown}`,
      hint: "Nothing was touched. Run the command again when it can be read.",
    });
  const own = tests.release === releaseId(release);
  if (own && tests.status === "failed")
    return fail("tests failed", {
      code: "TestsFailed",
      message: `the tests of ${release.version} failed in ${where}`,
      hint: read(tests),
    });
  if (own && tests.status === "passed") return pass("tests passed");
  if (!policy.tests.required) return skip("tests not required");
  const found = tests.status === "missing" || own ? "has none" : "got one of another release";
  return fail("tests missing", {
    code: "TestsFailed",
    message: `expected a test result of ${release.version} (${releaseId(release)}) from ${where}, ${found}`,
    hint: `Run the tests against ${where} and report their result.`,
  });
}

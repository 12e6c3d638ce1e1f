import type { z } from "zod";
import { Failure, type FailureCode } from "./failure.ts";

/** One thing that is wrong with an input, and where. */
export interface Problem {
  /** Dotted path: `liftlock:release.images.api`. */
  path: string;
  message: string;
}

/** Edit distance with a cut-off, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, x] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, y] of b.split("").entries())
      next.push(Math.min((row[j] ?? 0) + (x === y ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The known name nearest to a mistyped one, if any is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((k) => ({ k, d: distance(name, k) })).sort((a, b) => a.d - b.d);
  const best = ranked[0];
  return best && best.d <= Math.max(2, Math.floor(name.length / 3)) ? best.k : undefined;
}

/** "unknown key; did you mean …?" */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? "unknown key" : `unknown key; did you mean "${near}"?`;
}

/** What zod found, as problems with paths below `at`; `keysAt` names the keys known at a path, for suggestions. */
export function problemsOf(
  error: z.ZodError,
  at: string,
  keysAt: (path: readonly PropertyKey[]) => readonly string[] = () => [],
): Problem[] {
  const join = (path: readonly PropertyKey[]) => [at, ...path.map(String)].filter(Boolean).join(".");
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        path: join([...issue.path, key]),
        message: unknownKey(key, keysAt(issue.path)),
      }));
    if (issue.code === "invalid_key")
      return [{ path: join(issue.path), message: issue.issues[0]?.message ?? issue.message }];
    if (issue.code === "invalid_type" && issue.input === undefined)
      return [{ path: join(issue.path), message: `missing; expected ${issue.expected}` }];
    return [{ path: join(issue.path), message: issue.message.replace(/^Invalid input: /, "") }];
  });
}

/** All problems in one failure, one a line. */
export function problemsFailure(
  code: FailureCode,
  subject: string,
  problems: readonly Problem[],
  hint?: string,
): Failure {
  const width = Math.min(48, Math.max(...problems.map((p) => p.path.length)));
  const lines = problems.map((p) => `  ${p.path.padEnd(width)}  ${p.message}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new Failure({
    code,
    message: `${subject} has ${count}:\n${lines.join("\n")}`,
    ...(hint !== undefined && { hint }),
    fault: "user",
  });
}

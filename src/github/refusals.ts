import { Failure } from "../release/failure.ts";

/** Text of GitHub as it may be shown: one line, no control characters, not long, and without the address of its manual. */
function shown(text: string): string {
  const plain = text
    .replace(/ - https:\/\/docs\.github\.com\S*$/, "")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}

/** An answer that says no. */
export interface Refused {
  status: number;
  headers: Readonly<Record<string, string | number | undefined>>;
  message: string;
}

function hintFor({ status, headers }: Refused): string {
  const needed = headers["x-accepted-github-permissions"];
  const permission = needed ? ` (needed: ${shown(String(needed))})` : "";
  if (status === 401) return "Set GITHUB_TOKEN to a token that is valid: GitHub does not know this one.";
  if (status === 403)
    return `Give the token, or the workflow's job, the permission that this needs${permission}.`;
  if (status === 404)
    return `Check liftlock:repository, and that the token may see it${permission}: GitHub tells neither apart.`;
  return "Correct what GitHub names, and run the command again.";
}

/** GitHub answered, and refused. */
export const refusedBy = (asked: string, refused: Refused): Failure =>
  new Failure({
    code: "GitHubRefused",
    message: `expected GitHub to accept ${asked}, it answered ${refused.status}: ${shown(refused.message)}`,
    hint: hintFor(refused),
    fault: refused.status === 422 ? "environment" : "user",
  });

/** GitHub did not answer in time, or not as it should. */
export const unavailable = (asked: string, problem: string, cause?: unknown): Failure =>
  new Failure({
    code: "GitHubUnavailable",
    message: `expected GitHub to answer ${asked}: ${shown(problem)}`,
    hint: "Try again when it answers: https://www.githubstatus.com",
    ...(cause !== undefined && { cause }),
  });

/** A rate limit that lasts longer than is waited for. */
export const limited = (asked: string, milliseconds: number): Failure =>
  new Failure({
    code: "GitHubUnavailable",
    message: `expected GitHub to answer ${asked}: its rate limit asks to wait ${Math.ceil(milliseconds / 1000)} s`,
    hint: "Run the command again after that time.",
  });

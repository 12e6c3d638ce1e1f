import { z } from "zod";
import { oneLine } from "../notify/text.ts";
import { asFailure } from "../release/failure.ts";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** What is said of a commit. */
export interface CheckReport {
  /** Whole: GitHub takes no shortened one here. */
  commit: string;
  /** Such as `liftlock / production`. */
  name: string;
  /** Absent while it goes on. */
  conclusion?: "success" | "failure" | "cancelled" | "action_required" | undefined;
  title: string;
  /** Markdown. */
  summary: string;
  /** Where more is found. */
  page?: string | undefined;
}

const shape = z.object({ id: z.number() });

const states = {
  success: "success",
  failure: "failure",
  cancelled: "error",
  action_required: "pending",
} as const;

/** The commit status that says the same: tokens of people may write no check runs, but these. */
async function asStatus(
  github: GitHub,
  repository: Repository,
  report: CheckReport,
  signal: AbortSignal,
): Promise<void> {
  const { commit, name, conclusion, title, page } = report;
  await github.request("POST /repos/{owner}/{repo}/statuses/{sha}", {
    ...repository,
    sha: commit,
    context: name,
    state: conclusion === undefined ? "pending" : states[conclusion],
    description: oneLine(title, 140),
    ...(page !== undefined && { target_url: page }),
    signal,
  });
}

/**
 * Says of a commit how its promotion goes: as a check run, else as a commit status.
 * @returns the check run's number, to be given when more is said; `undefined` for a commit status
 * @throws Failure `GitHubRefused` when it may say neither, `GitHubUnavailable`
 */
export async function reportCheck(
  github: GitHub,
  repository: Repository,
  report: CheckReport,
  signal: AbortSignal,
  known?: number,
): Promise<number | undefined> {
  const { commit, name, conclusion, title, summary, page } = report;
  const body = {
    ...repository,
    ...(conclusion === undefined ? { status: "in_progress" } : { status: "completed", conclusion }),
    output: { title, summary },
    ...(page !== undefined && { details_url: page }),
    signal,
  };
  try {
    const { id } =
      known === undefined
        ? await github.read(shape, "POST /repos/{owner}/{repo}/check-runs", {
            ...body,
            name,
            head_sha: commit,
          })
        : await github.read(shape, "PATCH /repos/{owner}/{repo}/check-runs/{id}", { ...body, id: known });
    return id;
  } catch (thrown) {
    if (asFailure(thrown).code !== "GitHubRefused") throw thrown;
    await asStatus(github, repository, report, signal);
    return undefined;
  }
}

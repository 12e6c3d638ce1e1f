import { z } from "zod";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** What an issue says, while there is something to say. */
export interface StandingIssue {
  /** A comment of HTML, which nobody sees; the issue's text begins with it. */
  marker: string;
  title: string;
  label: string;
  /** The text; absent: there is nothing to say any more. */
  body?: string | undefined;
  /** Said when it is closed. */
  closing: string;
}

/** What became of it. */
export interface IssueOutcome {
  action: "opened" | "updated" | "unchanged" | "closed" | "none";
  url?: string;
}

const shape = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  html_url: z.string(),
  pull_request: z.unknown().optional(),
});

const one = "/repos/{owner}/{repo}/issues/{number}";

async function known(github: GitHub, repository: Repository, { marker, label }: StandingIssue) {
  const route = "GET /repos/{owner}/{repo}/issues";
  for await (const page of github.pages(shape, route, { ...repository, labels: label, state: "open" })) {
    const found = page.find((issue) => issue.pull_request === undefined && issue.body?.startsWith(marker));
    if (found) return found;
  }
  return undefined;
}

/**
 * Keeps one open issue for as long as there is something to say: opened, changed in place, and closed with a comment.
 * @throws Failure as `GitHub.request`
 */
export async function keepIssue(
  github: GitHub,
  repository: Repository,
  issue: StandingIssue,
): Promise<IssueOutcome> {
  const { title, label, closing } = issue;
  const body = issue.body === undefined ? undefined : `${issue.marker}\n${issue.body}`;
  const open = await known(github, repository, issue);
  if (!open) {
    if (body === undefined) return { action: "none" };
    const route = "POST /repos/{owner}/{repo}/issues";
    const made = await github.read(shape, route, { ...repository, title, body, labels: [label] });
    return { action: "opened", url: made.html_url };
  }
  const at = { ...repository, number: open.number };
  const url = open.html_url;
  if (body === undefined) {
    await github.request(`POST ${one}/comments`, { ...at, body: closing });
    await github.request(`PATCH ${one}`, { ...at, state: "closed", state_reason: "completed" });
    return { action: "closed", url };
  }
  if (open.body === body && open.title === title) return { action: "unchanged", url };
  await github.request(`PATCH ${one}`, { ...at, title, body });
  return { action: "updated", url };
}

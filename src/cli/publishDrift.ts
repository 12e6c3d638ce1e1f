import { writeFileSync } from "node:fs";
import type { DriverContext } from "../automation/context.ts";
import type { DriftReport } from "../automation/messages.ts";
import { runPage, variablesOf } from "../automation/telling.ts";
import { requireGitHub } from "../github/client.ts";
import { type IssueOutcome, keepIssue } from "../github/issues.ts";
import { repositoryIn } from "../github/repository.ts";
import { Failure } from "../release/failure.ts";
import { driftSarif } from "./render/driftSarif.ts";
import { driftMarkdown } from "./render/driftTable.ts";

export interface PublishOptions {
  /** File that the report is written to in SARIF. */
  sarif?: string;
  /** Whether an issue is kept at GitHub for as long as there is drift. */
  issue?: true;
}

/** What nobody sees, and by which the issue is found again. */
export const driftMarker = (environment: string): string => `<!-- liftlock:drift:${environment} -->`;

const label = "drift";

async function keep(context: DriverContext, report: DriftReport): Promise<IssueOutcome> {
  const { environment, differences } = report;
  const { repository } = context.workspace.input(environment).config;
  if (!repository)
    throw new Failure({
      code: "ConfigInvalid",
      message: `expected liftlock:repository in Pulumi.${environment}.yaml, which says where issues are kept; found none`,
      hint: "Configure it, or leave --issue out.",
      fault: "user",
    });
  const variables = variablesOf(context);
  const github = requireGitHub(variables);
  context.secrets.add(variables["GITHUB_TOKEN"]);
  // Masked before it is rendered: what Markdown needs escaped would hide a secret from the mask.
  const text = driftMarkdown(context.secrets.maskAll(report));
  const page = runPage(variables);
  return keepIssue(github, repositoryIn(repository), {
    marker: driftMarker(environment),
    title: `Drift in ${environment}`,
    label,
    ...(differences.length > 0 && { body: context.secrets.mask(text) }),
    closing: `Nothing differs any more in ${environment}.${page === undefined ? "" : ` ${page}`}`,
  });
}

/**
 * Writes a drift report where others look for it.
 * @returns what became of the issue, where one is kept
 * @throws Failure `TokenMissing`, `ConfigInvalid`, `GitHubRefused`, `GitHubUnavailable`
 */
export async function publishDrift(
  context: DriverContext,
  report: DriftReport,
  { sarif, issue }: PublishOptions,
): Promise<IssueOutcome | undefined> {
  if (sarif !== undefined)
    writeFileSync(sarif, `${JSON.stringify(context.secrets.maskAll(driftSarif(report)), undefined, 2)}\n`);
  return issue ? keep(context, report) : undefined;
}

import { reportCheck } from "../github/checks.ts";
import { type GitHub, gitHubFrom } from "../github/client.ts";
import { type DeploymentReport, Deployments, type KeptDeployment } from "../github/deployments.ts";
import { type Repository, repositoryIn } from "../github/repository.ts";
import { asFailure } from "../release/failure.ts";
import type { PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";
import { nameOf, type Run } from "./run.ts";
import { runPage, variablesOf } from "./telling.ts";

/** Milliseconds that a command waits at its end for GitHub to be told, and that one request waits for a rate limit. */
const patience = { end: 10_000, limit: 5_000 };

/** Keeps GitHub's record of what runs where: a deployment with its statuses, and a check on the commit. Nothing of it throws. */
export interface DeploymentRecord {
  started(): void;
  ended(result: PromotionResult): void;
  /** Waits until GitHub knows, 10 s at most; warns of what it was not told. */
  finish(): Promise<void>;
}

const nothing: DeploymentRecord = {
  started: () => undefined,
  ended: () => undefined,
  finish: () => Promise.resolve(),
};

/** How a promotion ended, in GitHub's words. */
export function reportOf(
  result: Pick<PromotionResult, "status" | "reason" | "runs" | "release">,
): Pick<DeploymentReport, "state" | "description"> {
  const { status, reason, runs, release } = result;
  const why = reason ? `${reason.code}: ${reason.message}` : status;
  switch (status) {
    case "Completed":
      return { state: "success", description: `${release.version} runs, verified.` };
    case "Pending":
      return { state: "queued", description: `${release.version} waits for approval.` };
    case "Cancelled":
      return { state: "inactive", description: why };
    case "RolledBack":
      return { state: "failure", description: `${runs?.version ?? "The release before"} runs again. ${why}` };
    case "Failed":
    case "InProgress":
      // Where nothing verified runs GitHub says so in another colour.
      return { state: runs ? "failure" : "error", description: why };
  }
}

/** Where people find the environment. */
function addressOf({ config, outputs }: Target): string | undefined {
  const { dns } = config;
  if (dns) {
    const [name = "@"] = dns.names;
    return `${config.health.scheme}://${name === "@" ? dns.domain : `${name}.${dns.domain}`}`;
  }
  const [endpoint] = outputs.endpoints;
  return endpoint === undefined ? undefined : new URL(endpoint).origin;
}

const conclusions = {
  success: "success",
  failure: "failure",
  error: "failure",
  inactive: "cancelled",
  queued: "action_required",
  pending: undefined,
  in_progress: undefined,
} as const;

/** Tells one GitHub of one run, in order. */
class RunRecord implements DeploymentRecord {
  private readonly run: Run;
  private readonly github: GitHub;
  private readonly repository: Repository;
  private readonly over = new AbortController();
  private readonly deployments: Deployments;
  private deployment: KeptDeployment | undefined;
  private check: number | undefined;
  private told: Promise<void> = Promise.resolve();
  private readonly problems = new Set<string>();

  constructor(run: Run, github: GitHub, repository: Repository) {
    this.run = run;
    this.github = github;
    this.repository = repository;
    this.deployments = new Deployments(github, repository, this.over.signal);
  }

  started(): void {
    const { release, target } = this.run;
    const description = `${release.version} goes to ${target.name}.`;
    this.tell(() => this.report({ state: "in_progress", description }));
  }

  ended(result: PromotionResult): void {
    this.tell(async () => {
      await this.report(reportOf(result));
      if (result.status === "Completed" && this.deployment !== undefined)
        await this.deployments.retireOthers(this.deployment.id, result.environment);
    });
  }

  async finish(): Promise<void> {
    const late = setTimeout(() => this.over.abort(), patience.end);
    await this.told;
    clearTimeout(late);
    if (this.problems.size === 0) return;
    const message = this.run.context.secrets.mask(`GitHub was not told: ${[...this.problems].join("; ")}`);
    this.run.context.notify({ code: "warning", payload: { message } });
  }

  /** What could not be told must not keep what comes after it from being told. */
  private tell(act: () => Promise<void>): void {
    this.told = this.told
      .then(act)
      .catch((thrown: unknown) => void this.problems.add(asFailure(thrown).message));
  }

  private async report(report: Pick<DeploymentReport, "state" | "description">): Promise<void> {
    const { release, target, context, kind, id } = this.run;
    const description = context.secrets.mask(report.description);
    const { id: releaseId, version } = nameOf(release);
    const page = runPage(variablesOf(context));
    this.deployment ??= await this.deployments.begin({
      commit: release.commit,
      environment: target.name,
      task: kind === "rollback" ? "rollback" : "deploy",
      description: `${version} by ${context.actor}`,
      payload: { release: releaseId, version },
    });
    await this.deployments.report(this.deployment.id, {
      state: report.state,
      description,
      environmentUrl: addressOf(target),
      logUrl: page,
    });
    const about = {
      commit: this.deployment.sha,
      name: `liftlock / ${target.name}`,
      conclusion: conclusions[report.state],
      title: description,
      summary: `${version} in ${target.name}, promotion \`${id}\`: ${description}`,
      page,
    };
    this.check = await reportCheck(this.github, this.repository, about, this.over.signal, this.check);
  }
}

/** Tells the GitHub repository of a run's environment, where one is configured and there is a token (`GITHUB_TOKEN`). */
export function deploymentRecordOf(run: Run): DeploymentRecord {
  const { repository } = run.target.config;
  if (!repository) return nothing;
  const variables = variablesOf(run.context);
  const github = gitHubFrom(variables, patience.limit);
  if (!github) return nothing;
  run.context.secrets.add(variables["GITHUB_TOKEN"]);
  return new RunRecord(run, github, repositoryIn(repository));
}

import { z } from "zod";
import { oneLine } from "../notify/text.ts";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** The states that GitHub shows of a deployment. https://docs.github.com/rest/deployments/statuses */
export type DeploymentState =
  | "queued"
  | "pending"
  | "in_progress"
  | "success"
  | "failure"
  | "error"
  | "inactive";

/** One deployment of a release into an environment. */
export interface DeploymentDraft {
  /** The commit from which the release was built, whole or shortened. */
  commit: string;
  environment: string;
  /** `deploy` or `rollback` */
  task: string;
  description: string;
  /** What tells this deployment from others, kept with it. */
  payload: Readonly<Record<string, string | number>>;
}

export interface DeploymentReport {
  state: DeploymentState;
  description: string;
  /** Where the environment is found. */
  environmentUrl?: string | undefined;
  /** Where its log is found. */
  logUrl?: string | undefined;
}

/** GitHub takes so many characters of a description. */
const descriptionLimit = 140;

/** Deployments that are looked at for one that fits; older ones are of no interest. */
const looked = 10;

/** A deployment that GitHub keeps. */
export interface KeptDeployment {
  id: number;
  /** The whole commit. */
  sha: string;
}

const deploymentShape = z.object({
  id: z.number(),
  sha: z.string(),
  payload: z.unknown().transform((payload) => payloadOf(payload)),
});
const statusShape = z.object({ state: z.string() });

/** GitHub gives back what it was given: an object, or its JSON as text. */
function payloadOf(payload: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = typeof payload === "string" ? JSON.parse(payload) : payload;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const at = "/repos/{owner}/{repo}/deployments";

/** Deployments of one repository: GitHub's own record of what runs where. All of it throws `Failure` as `GitHub.request` does. */
export class Deployments {
  private readonly github: GitHub;
  private readonly repository: Repository;
  private readonly signal: AbortSignal;

  constructor(github: GitHub, repository: Repository, signal: AbortSignal) {
    this.github = github;
    this.repository = repository;
    this.signal = signal;
  }

  /** Makes one, or takes up the one with this payload that has not ended: of a promotion that is resumed, or that was approved. */
  async begin(draft: DeploymentDraft): Promise<KeptDeployment> {
    const { environment, commit, task, payload } = draft;
    for (const deployment of await this.newest({ environment, ref: commit })) {
      const same = Object.entries(payload).every(([key, value]) => deployment.payload[key] === value);
      if (same && ["queued", "in_progress", undefined].includes(await this.stateOf(deployment.id)))
        return { id: deployment.id, sha: deployment.sha };
    }
    const { id, sha } = await this.github.read(deploymentShape, `POST ${at}`, {
      ...this.repository,
      ref: commit,
      environment,
      task,
      payload,
      description: oneLine(draft.description, descriptionLimit),
      // The gates are ours: GitHub must neither merge anything nor wait for checks.
      auto_merge: false,
      required_contexts: [],
      signal: this.signal,
    });
    return { id, sha };
  }

  async report(id: number, { state, description, environmentUrl, logUrl }: DeploymentReport): Promise<void> {
    await this.github.request(`POST ${at}/{id}/statuses`, {
      ...this.repository,
      id,
      state,
      description: oneLine(description, descriptionLimit),
      ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
      ...(logUrl !== undefined && { log_url: logUrl }),
      // GitHub does it for some environments only: `retireOthers` does it for all.
      auto_inactive: false,
      signal: this.signal,
    });
  }

  /** What ran in the environment before does not any more. @param id the deployment that runs */
  async retireOthers(id: number, environment: string): Promise<void> {
    for (const other of await this.newest({ environment })) {
      if (other.id === id || (await this.stateOf(other.id)) !== "success") continue;
      await this.report(other.id, { state: "inactive", description: "Another release runs here now." });
    }
  }

  private async newest(wanted: { environment: string; ref?: string }) {
    const asked = { ...this.repository, ...wanted, per_page: looked, signal: this.signal };
    for await (const page of this.github.pages(deploymentShape, `GET ${at}`, asked)) return page;
    return [];
  }

  /** The last state that was reported; `undefined` when none was. */
  private async stateOf(id: number): Promise<string | undefined> {
    const asked = { ...this.repository, id, per_page: 1, signal: this.signal };
    for await (const [newest] of this.github.pages(statusShape, `GET ${at}/{id}/statuses`, asked))
      return newest?.state;
    return undefined;
  }
}

import * as github from "@pulumi/github";
import type * as pulumi from "@pulumi/pulumi";

/** What workflows may do and know in one GitHub environment. */
export interface AccessArgs {
  /** Numeric ids of users who may approve deployments; with `teams` six at most. */
  reviewers: number[];
  /** Numeric ids of teams whose members may. */
  teams: number[];
  /** Whether who started a deployment may approve it too. */
  selfReview: boolean;
  /** Whether administrators of the repository may go past reviewers and waiting. */
  administratorsBypass: boolean;
  /** Minutes that a job waits before it may begin. */
  wait: number;
  /** Patterns of branches that may deploy here. */
  branches: string[];
  /** Patterns of tags that may. */
  tags: string[];
  variables: Readonly<Record<string, pulumi.Input<string>>>;
  /** Values that only jobs of this environment can read. */
  secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Which people must agree before a job may begin. */
function reviewOf({ reviewers, teams, selfReview }: AccessArgs): Partial<github.RepositoryEnvironmentArgs> {
  if (reviewers.length + teams.length === 0) return {};
  const who = { ...(reviewers.length > 0 && { users: reviewers }), ...(teams.length > 0 && { teams }) };
  return { reviewers: [who], preventSelfReview: !selfReview };
}

/**
 * A secret that was overwritten outside is made anew (the driver finds it, `automation/githubDrift.ts`): the old one is deleted first,
 * because deleting it last would take the new one, which has its name, away.
 */
export const secretOptions = { deleteBeforeReplace: true } as const;

/** Declares a GitHub environment with what its jobs may know. @param own where it belongs, and the provider that makes it */
export function declareAccess(
  repository: string,
  name: string,
  args: AccessArgs,
  own: pulumi.CustomResourceOptions,
): void {
  const environment = new github.RepositoryEnvironment(
    name,
    {
      repository,
      environment: name,
      deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
      ...reviewOf(args),
      ...(args.wait > 0 && { waitTimer: args.wait }),
      ...(!args.administratorsBypass && { canAdminsBypass: false }),
    },
    own,
  );
  const inEnvironment = { repository, environment: environment.environment };
  for (const branch of args.branches)
    new github.RepositoryEnvironmentDeploymentPolicy(
      `${name}-${branch}`,
      { ...inEnvironment, branchPattern: branch },
      own,
    );
  for (const tag of args.tags)
    new github.RepositoryEnvironmentDeploymentPolicy(
      `${name}-tag-${tag}`,
      { ...inEnvironment, tagPattern: tag },
      own,
    );
  for (const [variableName, value] of Object.entries(args.variables))
    new github.ActionsEnvironmentVariable(
      `${name}-${variableName}`,
      { ...inEnvironment, variableName, value },
      own,
    );
  for (const [secretName, value] of Object.entries(args.secrets))
    new github.ActionsEnvironmentSecret(
      `${name}-${secretName}`,
      { ...inEnvironment, secretName, value },
      { ...own, ...secretOptions },
    );
}

import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";

export interface RepositoryAccessArgs {
  owner: string;
  repository: string;
  /** Name of the GitHub environment. */
  environment: string;
  /** Numeric ids of users who may approve deployments. */
  reviewers: number[];
  /** Branches that may deploy here. */
  branches: string[];
  variables: Readonly<Record<string, pulumi.Input<string>>>;
  /** Values that only jobs of this environment can read. */
  secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

/** What workflows of a repository may do and know in one environment. */
export class RepositoryAccess extends pulumi.ComponentResource {
  constructor(name: string, args: RepositoryAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:RepositoryAccess", name, {}, opts);
    const provider = new github.Provider(`${name}-github`, { owner: args.owner }, { parent: this });
    const own = { parent: this, provider };
    const { repository } = args;
    const environment = new github.RepositoryEnvironment(
      args.environment,
      {
        repository,
        environment: args.environment,
        deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
        ...(args.reviewers.length > 0 && { reviewers: [{ users: args.reviewers }], preventSelfReview: true }),
      },
      own,
    );
    const inEnvironment = { repository, environment: environment.environment };
    for (const branch of args.branches)
      new github.RepositoryEnvironmentDeploymentPolicy(
        `${args.environment}-${branch}`,
        { ...inEnvironment, branchPattern: branch },
        own,
      );
    for (const [variableName, value] of Object.entries(args.variables))
      new github.ActionsEnvironmentVariable(
        `${args.environment}-${variableName}`,
        { ...inEnvironment, variableName, value },
        own,
      );
    for (const [secretName, value] of Object.entries(args.secrets))
      new github.ActionsEnvironmentSecret(
        `${args.environment}-${secretName}`,
        { ...inEnvironment, secretName, value: pulumi.secret(value) },
        own,
      );
    this.registerOutputs({});
  }
}

import type * as github from "@pulumi/github";

/** How a branch is protected. */
export interface ProtectionArgs {
  /** The branch; absent: the default one, whatever its name. */
  branch?: string | undefined;
  /** Names of the checks that must pass before a change comes in. */
  checks: string[];
  /** Whether they must have passed on top of what the branch holds now. */
  upToDate: boolean;
  /** People who must approve a pull request; 0: a pull request is enough. */
  approvals: number;
  codeOwners: boolean;
  linearHistory: boolean;
  signed: boolean;
  /** Who may push past all of it, such as what commits the pin. */
  bypass: { type: string; id?: number | undefined; mode: string }[];
}

/** GitHub's word for whatever branch is the default one. */
const defaultBranch = "~DEFAULT_BRANCH";

/** The ruleset that protects a branch: no way in but a pull request with its checks, no deletion, no history rewritten. */
export function rulesetOf(
  repository: string,
  protection: ProtectionArgs,
): github.RepositoryRulesetArgs & { name: string } {
  const { branch, checks, bypass } = protection;
  return {
    repository,
    name: `liftlock ${branch ?? "default branch"}`,
    target: "branch",
    enforcement: "active",
    conditions: {
      refName: { includes: [branch === undefined ? defaultBranch : `refs/heads/${branch}`], excludes: [] },
    },
    ...(bypass.length > 0 && {
      bypassActors: bypass.map(({ type, id, mode }) => ({
        actorType: type,
        bypassMode: mode,
        ...(id !== undefined && { actorId: id }),
      })),
    }),
    rules: {
      deletion: true,
      nonFastForward: true,
      requiredLinearHistory: protection.linearHistory,
      requiredSignatures: protection.signed,
      pullRequest: {
        requiredApprovingReviewCount: protection.approvals,
        requireCodeOwnerReview: protection.codeOwners,
        dismissStaleReviewsOnPush: true,
        requireLastPushApproval: protection.approvals > 0,
        requiredReviewThreadResolution: true,
        allowedMergeMethods: protection.linearHistory ? ["squash", "rebase"] : ["merge", "squash", "rebase"],
      },
      ...(checks.length > 0 && {
        requiredStatusChecks: {
          requiredChecks: checks.map((context) => ({ context })),
          strictRequiredStatusChecksPolicy: protection.upToDate,
        },
      }),
    },
  };
}

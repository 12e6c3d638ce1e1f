// Deployment environments and the branches that may deploy to them.
import { EngineError } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { flag, isSet, list, number, object, objects, optionalText, present, text } from "../fields.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf, type GitHub, repositoryId } from "./client.ts";

function pathOf(github: GitHub, props: Props): string {
  return `${github.repository(text(props, "repository"))}/environments/${encodeURIComponent(text(props, "environment"))}`;
}

function reviewersBody(inputs: Props): Props[] {
  return objects(inputs, "reviewers").flatMap((group) => [
    ...list(group, "teams").map((id) => ({ type: "Team", id: Number(id) })),
    ...list(group, "users").map((id) => ({ type: "User", id: Number(id) })),
  ]);
}

function bodyOf(inputs: Props): Props {
  const policy =
    inputs.deploymentBranchPolicy === undefined ? undefined : object(inputs, "deploymentBranchPolicy");
  return {
    wait_timer: number(inputs, "waitTimer"),
    reviewers: reviewersBody(inputs),
    can_admins_bypass: inputs.canAdminsBypass !== false,
    prevent_self_review: flag(inputs, "preventSelfReview"),
    deployment_branch_policy: policy
      ? {
          protected_branches: flag(policy, "protectedBranches"),
          custom_branch_policies: flag(policy, "customBranchPolicies"),
        }
      : null,
  };
}

/** Ids of the required reviewers of one type. */
function reviewerIds(rule: Props, type: "User" | "Team"): unknown[] {
  return objects(rule, "reviewers")
    .filter((reviewer) => reviewer.type === type)
    .map((reviewer) => object(reviewer, "reviewer").id);
}

function outputsOf(environment: Props): Props {
  const rules = objects(environment, "protection_rules");
  const timer = rules.find((rule) => rule.type === "wait_timer");
  const required = rules.find((rule) => rule.type === "required_reviewers");
  const policy = object(environment, "deployment_branch_policy");
  const users = required ? reviewerIds(required, "User") : [];
  const teams = required ? reviewerIds(required, "Team") : [];
  return present({
    canAdminsBypass: environment.can_admins_bypass !== false,
    waitTimer: timer ? number(timer, "wait_timer") : undefined,
    preventSelfReview: required ? flag(required, "prevent_self_review") : false,
    reviewers:
      users.length + teams.length > 0
        ? [
            present({
              teams: teams.length > 0 ? teams : undefined,
              users: users.length > 0 ? users : undefined,
            }),
          ]
        : undefined,
    deploymentBranchPolicy: isSet(environment, "deployment_branch_policy")
      ? {
          protectedBranches: flag(policy, "protected_branches"),
          customBranchPolicies: flag(policy, "custom_branch_policies"),
        }
      : undefined,
  });
}

const READ_BACK = [
  "canAdminsBypass",
  "waitTimer",
  "preventSelfReview",
  "reviewers",
  "deploymentBranchPolicy",
];

/** Outputs of before without what is read back, so that what was taken away outside is noticed. */
function unread(olds: Props): Props {
  return Object.fromEntries(Object.entries(olds).filter(([key]) => !READ_BACK.includes(key)));
}

/** `github.RepositoryEnvironment`. */
export const repositoryEnvironment: ResourceType = {
  required: ["repository", "environment"],
  replaceOn: ["repository", "environment"],
  check: (inputs) => ({ canAdminsBypass: true, preventSelfReview: false, ...inputs }),
  create: async (inputs, context) => {
    const github = clientOf(context);
    await github.write("PUT", pathOf(github, inputs), bodyOf(inputs));
    const seen = await github.get(pathOf(github, inputs));
    const repository = await repositoryId(github, text(inputs, "repository"));
    const id = `${text(inputs, "repository")}:${text(inputs, "environment")}`;
    return { id, outputs: { ...inputs, repositoryId: repository, ...outputsOf(seen) } };
  },
  read: async (id, olds, context) => {
    const github = clientOf(context);
    const seen = await github.find(pathOf(github, olds));
    return seen && { id, outputs: { ...unread(olds), ...outputsOf(seen) } };
  },
  update: async (_id, inputs, olds, context) => {
    const github = clientOf(context);
    await github.write("PUT", pathOf(github, inputs), bodyOf(inputs));
    return { ...unread(olds), ...inputs, ...outputsOf(await github.get(pathOf(github, inputs))) };
  },
  delete: async (_id, olds, context) => {
    const github = clientOf(context);
    await github.delete(pathOf(github, olds));
  },
};

function patternOf(inputs: Props): { name: string; type: "branch" | "tag" } {
  const branch = optionalText(inputs, "branchPattern");
  const tag = optionalText(inputs, "tagPattern");
  if (branch !== undefined) return { name: branch, type: "branch" };
  if (tag !== undefined) return { name: tag, type: "tag" };
  throw new EngineError(
    "provider",
    "github deployment policy: one of branchPattern or tagPattern is expected",
  );
}

/** `github.RepositoryEnvironmentDeploymentPolicy`. */
export const deploymentPolicy: ResourceType = {
  required: ["repository", "environment"],
  replaceOn: ["repository", "environment"],
  create: async (inputs, context) => {
    const github = clientOf(context);
    const made = await github.write(
      "POST",
      `${pathOf(github, inputs)}/deployment-branch-policies`,
      patternOf(inputs),
    );
    const repository = await repositoryId(github, text(inputs, "repository"));
    const id = `${text(inputs, "repository")}:${text(inputs, "environment")}:${text(made, "id")}`;
    return { id, outputs: { ...inputs, policyId: Number(text(made, "id")), repositoryId: repository } };
  },
  read: async (id, olds, context) => {
    const github = clientOf(context);
    const seen = await github.find(
      `${pathOf(github, olds)}/deployment-branch-policies/${text(olds, "policyId")}`,
    );
    if (!seen) return undefined;
    const key = olds.tagPattern === undefined ? "branchPattern" : "tagPattern";
    return { id, outputs: { ...olds, [key]: text(seen, "name") } };
  },
  update: async (_id, inputs, olds, context) => {
    const github = clientOf(context);
    const path = `${pathOf(github, inputs)}/deployment-branch-policies/${text(olds, "policyId")}`;
    await github.write("PUT", path, { name: patternOf(inputs).name });
    return { ...olds, ...inputs };
  },
  delete: async (_id, olds, context) => {
    const github = clientOf(context);
    await github.delete(`${pathOf(github, olds)}/deployment-branch-policies/${text(olds, "policyId")}`);
  },
};

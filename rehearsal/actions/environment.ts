/** What an environment asks of a job before it may run, and what it gives it. */
import type { JobRun, WorkflowRun } from "../github/actions-runs.ts";
import type { Hub, Vault } from "../github/hub.ts";

interface Decision {
  approved: boolean;
  by: string;
  comment: string;
}

async function reviewed(name: string, run: WorkflowRun, shown: JobRun): Promise<string | undefined> {
  shown.status = "waiting";
  run.status = "waiting";
  const { approved, by, comment } = await new Promise<Decision>((decide) =>
    run.waiting.push({ environment: name, decide }),
  );
  if (run.waiting.length === 0) run.status = "in_progress";
  return approved ? undefined : `${by} rejected the deployment to ${name}: ${comment}`;
}

/**
 * Waits for reviewers and the wait timer, where the environment has them.
 * @param minute milliseconds that a minute of the wait timer lasts
 * @returns why the job may not run
 */
export async function admitted(
  hub: Hub,
  name: string,
  { run, shown, minute }: { run: WorkflowRun; shown: JobRun; minute: number },
): Promise<string | undefined> {
  const { branches, policies, reviewers, waitTimer } = hub.environment(name);
  const allowed = [...policies.values()].some(
    (policy) =>
      policy.type === "branch" &&
      new RegExp(`^${policy.name.replaceAll("*", "[^/]*")}$`).test(run.headBranch),
  );
  if (branches?.custom_branch_policies && !allowed)
    return `Branch "${run.headBranch}" is not allowed to deploy to ${name} due to environment protection rules.`;
  const refusal = reviewers.length > 0 ? await reviewed(name, run, shown) : undefined;
  if (refusal !== undefined) return refusal;
  if (waitTimer > 0) await new Promise((resolve) => setTimeout(resolve, waitTimer * minute));
  return undefined;
}

/** Secrets and variables of a job: the repository's, and over them those of its environment. */
export function given(hub: Hub, environment: string | undefined) {
  const vaults: Vault[] = [
    hub.vault,
    ...(environment === undefined ? [] : [hub.environment(environment).vault]),
  ];
  const values = (kind: "secrets" | "variables"): Record<string, string> =>
    Object.fromEntries(
      vaults.flatMap((vault) => [...vault[kind].values()].map(({ name, value }) => [name, value] as const)),
    );
  return { secrets: values("secrets"), vars: values("variables") };
}

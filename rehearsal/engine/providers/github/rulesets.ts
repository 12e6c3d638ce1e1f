// Rulesets of a repository: what protects its branches.
import { EngineError } from "../../failure.ts";
import { isObject, type Props } from "../../values/values.ts";
import { flag, isSet, number, object, objects, optionalText, present, text, texts } from "../fields.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf, type GitHub } from "./client.ts";

/** Rules without parameters: the SDK's names, and the API's. */
const SIMPLE = {
  creation: "creation",
  deletion: "deletion",
  nonFastForward: "non_fast_forward",
  requiredLinearHistory: "required_linear_history",
  requiredSignatures: "required_signatures",
} as const;

const KNOWN = [...Object.keys(SIMPLE), "pullRequest", "requiredStatusChecks"];

function pullRequestBody(given: Props): Props {
  return present({
    dismiss_stale_reviews_on_push: flag(given, "dismissStaleReviewsOnPush"),
    require_code_owner_review: flag(given, "requireCodeOwnerReview"),
    require_last_push_approval: flag(given, "requireLastPushApproval"),
    required_approving_review_count: number(given, "requiredApprovingReviewCount"),
    required_review_thread_resolution: flag(given, "requiredReviewThreadResolution"),
    allowed_merge_methods: given.allowedMergeMethods,
  });
}

function checksBody(given: Props): Props {
  return {
    required_status_checks: objects(given, "requiredChecks").map((check) =>
      present({
        context: text(check, "context"),
        integration_id: number(check, "integrationId") || undefined,
      }),
    ),
    strict_required_status_checks_policy: flag(given, "strictRequiredStatusChecksPolicy"),
    do_not_enforce_on_create: flag(given, "doNotEnforceOnCreate"),
  };
}

function rulesBody(rules: Props): Props[] {
  const unknown = Object.keys(rules).find((key) => !KNOWN.includes(key) && rules[key] !== false);
  if (unknown !== undefined)
    throw new EngineError("unsupported", `github ruleset: the rehearsal does not know the rule ${unknown}`);
  const simple = Object.entries(SIMPLE).filter(([key]) => flag(rules, key));
  return [
    ...simple.map(([, type]) => ({ type })),
    ...(isSet(rules, "pullRequest")
      ? [{ type: "pull_request", parameters: pullRequestBody(object(rules, "pullRequest")) }]
      : []),
    ...(isSet(rules, "requiredStatusChecks")
      ? [{ type: "required_status_checks", parameters: checksBody(object(rules, "requiredStatusChecks")) }]
      : []),
  ];
}

function bodyOf(inputs: Props): Props {
  const refName = object(object(inputs, "conditions"), "refName");
  return {
    name: text(inputs, "name"),
    target: text(inputs, "target"),
    enforcement: text(inputs, "enforcement"),
    bypass_actors: objects(inputs, "bypassActors").map((actor) => ({
      actor_id: actor.actorId ?? null,
      actor_type: text(actor, "actorType"),
      bypass_mode: text(actor, "bypassMode"),
    })),
    conditions: { ref_name: { include: texts(refName, "includes"), exclude: texts(refName, "excludes") } },
    rules: rulesBody(object(inputs, "rules")),
  };
}

function rulesOf(seen: Props): Props {
  const of = (type: string) => objects(seen, "rules").find((rule) => rule.type === type);
  const pull = object(of("pull_request") ?? {}, "parameters");
  const checks = object(of("required_status_checks") ?? {}, "parameters");
  return present({
    ...Object.fromEntries(Object.entries(SIMPLE).map(([key, type]) => [key, of(type) !== undefined])),
    pullRequest: of("pull_request") && {
      dismissStaleReviewsOnPush: flag(pull, "dismiss_stale_reviews_on_push"),
      requireCodeOwnerReview: flag(pull, "require_code_owner_review"),
      requireLastPushApproval: flag(pull, "require_last_push_approval"),
      requiredApprovingReviewCount: number(pull, "required_approving_review_count"),
      requiredReviewThreadResolution: flag(pull, "required_review_thread_resolution"),
      allowedMergeMethods: texts(pull, "allowed_merge_methods"),
    },
    requiredStatusChecks: of("required_status_checks") && {
      requiredChecks: objects(checks, "required_status_checks").map((check) => ({
        context: text(check, "context"),
        integrationId: number(check, "integration_id"),
      })),
      strictRequiredStatusChecksPolicy: flag(checks, "strict_required_status_checks_policy"),
      doNotEnforceOnCreate: flag(checks, "do_not_enforce_on_create"),
    },
  });
}

function outputsOf(seen: Props): Props {
  const refName = object(object(seen, "conditions"), "ref_name");
  const actors = objects(seen, "bypass_actors").map((actor) => ({
    actorId: number(actor, "actor_id"),
    actorType: text(actor, "actor_type"),
    bypassMode: text(actor, "bypass_mode"),
  }));
  return present({
    name: text(seen, "name"),
    target: text(seen, "target"),
    enforcement: text(seen, "enforcement"),
    bypassActors: actors.length > 0 ? actors : undefined,
    conditions: { refName: { includes: texts(refName, "include"), excludes: texts(refName, "exclude") } },
    rules: rulesOf(seen),
    nodeId: optionalText(seen, "node_id"),
    rulesetId: number(seen, "id"),
  });
}

const READ_BACK = ["bypassActors", "conditions", "enforcement", "name", "rules", "target"];

const unread = (olds: Props): Props =>
  Object.fromEntries(Object.entries(olds).filter(([key]) => !READ_BACK.includes(key)));

const collection = (github: GitHub, props: Props) =>
  `${github.repository(text(props, "repository"))}/rulesets`;

/** `github.RepositoryRuleset`. */
export const repositoryRuleset: ResourceType = {
  required: ["repository", "target", "enforcement", "rules"],
  replaceOn: ["repository"],
  check: (inputs, olds, name) => {
    if (!isObject(inputs.rules)) throw new EngineError("provider", "github ruleset: rules are expected");
    return { ...inputs, name: optionalText(inputs, "name") ?? optionalText(olds ?? {}, "name") ?? name };
  },
  create: async (inputs, context) => {
    const github = clientOf(context);
    // The real provider asks first whether the repository is archived.
    await github.get(github.repository(text(inputs, "repository")));
    const seen = await github.write("POST", collection(github, inputs), bodyOf(inputs));
    return { id: text(seen, "id"), outputs: { repository: inputs.repository, ...outputsOf(seen) } };
  },
  read: async (id, olds, context) => {
    const github = clientOf(context);
    const seen = await github.find(`${collection(github, olds)}/${id}?includes_parents=false`);
    return seen && { id, outputs: { ...unread(olds), ...outputsOf(seen) } };
  },
  update: async (id, inputs, olds, context) => {
    const github = clientOf(context);
    await github.get(github.repository(text(inputs, "repository")));
    const seen = await github.write("PUT", `${collection(github, inputs)}/${id}`, bodyOf(inputs));
    return { ...unread(olds), ...outputsOf(seen) };
  },
  delete: async (id, olds, context) => {
    const github = clientOf(context);
    await github.delete(`${collection(github, olds)}/${id}`);
  },
};

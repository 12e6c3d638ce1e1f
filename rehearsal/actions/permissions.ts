/**
 * What a job's token may do (docs.github.com, "Permissions required for GitHub Apps"): each path of the API that is answered here belongs to
 * one permission, reading or writing.
 */
import type { Permissions } from "./workflow.ts";

const scopes: readonly [RegExp, string][] = [
  [/^\/actions\/(?:secrets|variables)|^\/environments\/[^/]+\/(?:secrets|variables)/, "secrets"],
  [/^\/environments|^\/actions/, "actions"],
  [/^\/dispatches/, "contents"],
  [/^\/deployments/, "deployments"],
  [/^\/issues\/comments|^\/issues/, "issues"],
  [/^\/pulls|^\/commits\/[^/]+\/pulls/, "pull-requests"],
  [/^\/check-runs|^\/commits\/[^/]+\/check-runs/, "checks"],
  [/^\/statuses|^\/commits\/[^/]+\/statuses/, "statuses"],
  [/^\/code-scanning/, "security-events"],
  [/^\/releases|^\/git|^\/contents|^\/commits/, "contents"],
  [/^\/rulesets|^\/keys|^\/hooks|^\/branches/, "administration"],
];

/** The permission that a request needs; nothing for what every token may see. */
export function neededFor(
  method: string,
  path: string,
): { scope: string; level: "read" | "write" } | undefined {
  const level = method === "GET" || method === "HEAD" ? "read" : "write";
  if (/\/packages(?:\/|$)/.test(path)) return { scope: "packages", level };
  const rest = /\/(?:repos\/[^/]+\/[^/]+|repositories\/\d+)(\/.*)?$/.exec(path)?.[1] ?? "";
  const scope = scopes.find(([pattern]) => pattern.test(rest))?.[1];
  return scope === undefined ? undefined : { scope, level };
}

/** Whether a token with these permissions may do something that needs one. A comment on a pull request needs either of two. */
export function allows(
  permissions: Permissions,
  { scope, level }: { scope: string; level: "read" | "write" },
): boolean {
  // What no workflow can give its token.
  if (scope === "secrets" || scope === "administration") return false;
  if (permissions === "write-all") return true;
  if (permissions === "read-all") return level === "read";
  const given = (name: string) =>
    permissions[name] === "write" || (level === "read" && permissions[name] === "read");
  return given(scope) || (scope === "issues" && given("pull-requests"));
}

/** An imitation of GitHub's REST API, as a GitHub Enterprise Server serves it, with one repository; see SPEC.md. */
import type { Faults } from "../faults/faults.ts";
import type { Answer, Handler, Request } from "../http/exchange.ts";
import type { RequestLog } from "../http/request-log.ts";
import { Router } from "../http/router.ts";
import { startHttp } from "../http/server.ts";
import { addAccounts } from "./accounts.ts";
import { addActions } from "./actions.ts";
import { environmentOf, errorBody, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import { addBranchPolicies } from "./branch-policies.ts";
import { addChecks } from "./checks.ts";
import { withEtag } from "./conditional.ts";
import { addDeployments } from "./deployments.ts";
import { addEnvironments } from "./environments.ts";
import { addHooks } from "./hooks.ts";
import { Hub, type Vault } from "./hub.ts";
import { addIssues } from "./issues.ts";
import { addKeys } from "./keys.ts";
import { addPackages } from "./packages.ts";
import { RateLimit, type RateLimits } from "./rate-limit.ts";
import { addRulesets } from "./rulesets.ts";
import { addSecrets } from "./secrets.ts";
import { addVariables } from "./variables.ts";

export interface GitHubOptions {
  /** The only token that is let in. */
  token: string;
  owner: string;
  repository: string;
  faults: Faults;
  /** Default `User`: `GET /orgs/OWNER` is a 404 then. */
  ownerType?: "User" | "Organization";
  /** Accounts that exist besides the owner, by login, with their numbers; default `{ octocat: 583231 }`. */
  users?: Readonly<Record<string, number>>;
  /** Whether the token is a GitHub App's, as the one of Actions is; default true. */
  isApp?: boolean;
  /** Default: any number of requests and writes. */
  limits?: RateLimits;
  /** Loopback address; default `127.0.0.1`. */
  address?: string;
  /** Default 0: any free port. */
  port?: number;
}

export interface GitHub {
  /** What `GITHUB_BASE_URL` is set to: `http://address:port`, without a slash at the end; the API is below `/api/v3`. */
  url: string;
  requests: RequestLog;
  state: Hub;
  /** What was sealed in a secret of an environment, or of the repository (`undefined`). Never to be had over HTTP. */
  secret(environment: string | undefined, name: string): string | undefined;
  close(): Promise<void>;
}

function vaultOf(hub: Hub, request: Request): Vault {
  verifyRepository(hub, request);
  return hub.vault;
}

function routes(hub: Hub): Router {
  const router = new Router();
  addAccounts(router, hub);
  addEnvironments(router, hub);
  addActions(router, hub);
  addBranchPolicies(router, hub);
  addDeployments(router, hub);
  addPackages(router, hub);
  addRulesets(router, hub);
  addKeys(router, hub);
  addHooks(router, hub);
  addIssues(router, hub);
  addChecks(router, hub);
  for (const root of repositoryPaths) {
    addSecrets(router, hub, `${root}/actions/secrets`, (request) => vaultOf(hub, request));
    addVariables(router, hub, `${root}/actions/variables`, (request) => vaultOf(hub, request));
    const environment = `${root}/environments/:environment`;
    addSecrets(router, hub, `${environment}/secrets`, (request) => environmentOf(hub, request).vault);
    addVariables(router, hub, `${environment}/variables`, (request) => environmentOf(hub, request).vault);
  }
  return router;
}

/** Without a token GitHub does not tell that a private repository exists; a wrong one is told so. */
function admit(token: string, request: Request): void {
  const header = request.headers.authorization;
  if (header === undefined) throw refuse(request.path === "/api/v3/user" ? 401 : 404, "Not Found");
  if (/^(?:bearer|token) (.+)$/i.exec(header)?.[1] !== token) throw refuse(401, "Bad credentials");
}

/** Starts the imitation; rejects with Node's error when the address cannot be listened on. */
export async function startGitHub(options: GitHubOptions): Promise<GitHub> {
  const { owner, repository, ownerType = "User" } = options;
  const users = { [owner]: 1, ...(options.users ?? { octocat: 583_231 }) };
  const hub = new Hub({ owner, repository, ownerType, users, isApp: options.isApp ?? true });
  const limit = new RateLimit(options.limits);
  const around = async (request: Request, next: Handler): Promise<Answer> => {
    admit(options.token, request);
    limit.count(request);
    const answer = withEtag(request, await next(request));
    limit.forgive(answer);
    return { ...answer, headers: { ...limit.headers(), ...answer.headers } };
  };
  const server = await startHttp({
    part: "github",
    faults: options.faults,
    router: routes(hub),
    errorBody,
    around,
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  return {
    url: server.url,
    requests: server.requests,
    state: hub,
    secret: (environment, name) => {
      const vault = environment === undefined ? hub.vault : hub.environments.get(environment)?.vault;
      return vault?.secrets.get(name.toUpperCase())?.value;
    },
    close: () => server.close(),
  };
}

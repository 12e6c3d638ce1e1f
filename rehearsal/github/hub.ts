/** The imitated repository and everything in it. */
import { type KeyPair, makeKeyPair } from "./sealed-box.ts";

export interface Secret {
  name: string;
  /** What was sealed, opened. Never answered over HTTP. */
  value: string;
  created_at: string;
  updated_at: string;
}

export interface Variable {
  name: string;
  value: string;
  created_at: string;
  updated_at: string;
}

/** Secrets and variables of a repository or of one of its environments, each with a key of its own. */
export interface Vault {
  keyId: string;
  keys: KeyPair;
  secrets: Map<string, Secret>;
  variables: Map<string, Variable>;
}

export interface Reviewer {
  type: "User" | "Team";
  id: number;
}

export interface BranchPolicy {
  id: number;
  node_id: string;
  name: string;
  type: "branch" | "tag";
}

export interface Environment {
  id: number;
  name: string;
  created_at: string;
  updated_at: string;
  waitTimer: number;
  reviewers: Reviewer[];
  preventSelfReview: boolean;
  canAdminsBypass: boolean;
  branches: { protected_branches: boolean; custom_branch_policies: boolean } | null;
  policies: Map<number, BranchPolicy>;
  vault: Vault;
}

export interface DeploymentStatus {
  id: number;
  state: string;
  description: string;
  environment: string;
  log_url: string;
  environment_url: string;
  created_at: string;
}

export interface Deployment {
  id: number;
  ref: string;
  sha: string;
  task: string;
  payload: unknown;
  environment: string;
  description: string;
  transient_environment: boolean;
  production_environment: boolean;
  created_at: string;
  updated_at: string;
  /** Oldest first. */
  statuses: DeploymentStatus[];
}

export interface Ruleset {
  id: number;
  name: string;
  target: "branch" | "tag" | "push";
  enforcement: "disabled" | "active" | "evaluate";
  bypass_actors: { actor_id: number | null; actor_type: string; bypass_mode: string }[];
  conditions: { ref_name: { include: string[]; exclude: string[] } };
  rules: { type: string; parameters?: unknown }[];
  created_at: string;
  updated_at: string;
}

export interface DeployKey {
  id: number;
  /** Type and key, without a comment. */
  key: string;
  title: string;
  read_only: boolean;
  verified: boolean;
  enabled: boolean;
  created_at: string;
}

export interface Hook {
  id: number;
  active: boolean;
  events: string[];
  /** The secret is never answered over HTTP. */
  config: { url: string; content_type: string; insecure_ssl: string; secret?: string | undefined };
  created_at: string;
  updated_at: string;
}

export interface Comment {
  id: number;
  body: string;
  created_at: string;
  updated_at: string;
}

/** An issue, or a pull request's conversation. */
export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string;
  labels: string[];
  state: "open" | "closed";
  state_reason: string | null;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  /** True for a pull request's. */
  pull: boolean;
  comments: Map<number, Comment>;
}

export interface CheckRun {
  id: number;
  name: string;
  head_sha: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  details_url: string;
  external_id: string;
  output: { title: string; summary: string; text?: string | undefined } | null;
  started_at: string;
  completed_at: string | null;
}

export interface CommitStatus {
  id: number;
  sha: string;
  state: string;
  context: string;
  description: string;
  target_url: string;
  created_at: string;
}

export interface HubOptions {
  owner: string;
  repository: string;
  ownerType: "User" | "Organization";
  /** Accounts that exist, by login, with their numbers. */
  users: Readonly<Record<string, number>>;
  /** Whether the token is a GitHub App's, as in Actions: only those may write check runs. */
  isApp: boolean;
}

/** One owner with one repository. */
export class Hub {
  readonly options: HubOptions;
  readonly repositoryId = 424_242;
  readonly vault: Vault;
  readonly environments = new Map<string, Environment>();
  readonly deployments = new Map<number, Deployment>();
  readonly rulesets = new Map<number, Ruleset>();
  readonly keys = new Map<number, DeployKey>();
  readonly hooks = new Map<number, Hook>();
  /** By number; pull requests are counted with them. */
  readonly issues = new Map<number, Issue>();
  readonly checks = new Map<number, CheckRun>();
  readonly statuses: CommitStatus[] = [];
  private last = 1000;

  constructor(options: HubOptions) {
    this.options = options;
    this.vault = this.newVault();
  }

  /** A number that nothing else here has. */
  nextId(): number {
    this.last += 1;
    return this.last;
  }

  /** Opens an issue, or the conversation of a pull request, under the next number. */
  openIssue(given: Pick<Issue, "title" | "body" | "labels" | "pull">): Issue {
    const at = this.now();
    const number = this.issues.size + 1;
    const issue: Issue = {
      ...given,
      id: this.nextId(),
      number,
      state: "open",
      state_reason: null,
      created_at: at,
      updated_at: at,
      closed_at: null,
      comments: new Map(),
    };
    this.issues.set(number, issue);
    return issue;
  }

  newVault(): Vault {
    return {
      keyId: `56825016${this.nextId()}`,
      keys: makeKeyPair(),
      secrets: new Map(),
      variables: new Map(),
    };
  }

  /**
   * The time as the API writes it, in whole seconds; at least one later than `after`, so that two changes within a
   * second can be told apart as two changes on the real service, which are never so close, can.
   */
  now(after?: string): string {
    const earliest = after === undefined ? 0 : Date.parse(after) + 1000;
    return new Date(Math.max(Date.now(), earliest)).toISOString().replace(/\.\d+Z$/, "Z");
  }

  /** The environment, made when it does not exist, as setting it up or deploying to it does. */
  environment(name: string): Environment {
    const known = this.environments.get(name);
    if (known) return known;
    const at = this.now();
    const fresh: Environment = {
      id: this.nextId(),
      name,
      created_at: at,
      updated_at: at,
      waitTimer: 0,
      reviewers: [],
      preventSelfReview: false,
      canAdminsBypass: true,
      branches: null,
      policies: new Map(),
      vault: this.newVault(),
    };
    this.environments.set(name, fresh);
    return fresh;
  }
}

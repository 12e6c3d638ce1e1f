import { z } from "zod";
import { type SecretForm, secretIn, text, variableName } from "./values.ts";

/** Names that GitHub keeps for itself; they are told apart without regard to case. */
const actionsName = variableName.refine(
  (name) => !name.startsWith("GITHUB_"),
  "names that begin with GITHUB_ belong to GitHub",
);

const accessIn = (form: SecretForm) => ({
  /** Numeric ids of users who may approve deployments. */
  reviewers: z.array(z.int().positive()).default([]),
  /** Numeric ids of teams whose members may approve deployments. */
  teams: z.array(z.int().positive()).default([]),
  /** Whether who started a deployment may approve it too. */
  selfReview: z.boolean().default(false),
  /** Whether administrators of the repository may go past reviewers and waiting. */
  administratorsBypass: z.boolean().default(true),
  /** Minutes that a job waits before it may begin. */
  wait: z.int().min(0).max(43_200).default(0),
  /** Branches that may deploy here. */
  branches: z.array(text).default(["main"]),
  /** Tags that may deploy here, such as `v*`. */
  tags: z.array(text).default([]),
  variables: z.record(actionsName, z.coerce.string()).default({}),
  /** Values that only jobs of this environment can read. */
  secrets: z.record(actionsName, secretIn(form)).default({}),
});

const protection = z.strictObject({
  /** Absent: the default branch, whatever its name. */
  branch: text.optional(),
  /** Checks that must pass before a change comes in. */
  checks: z.array(text).default([]),
  /** Whether they must have passed on top of what the branch holds now. */
  upToDate: z.boolean().default(true),
  /** People who must approve a pull request. */
  approvals: z.int().min(0).max(10).default(1),
  codeOwners: z.boolean().default(false),
  linearHistory: z.boolean().default(false),
  /** Whether commits must be signed. */
  signed: z.boolean().default(false),
  /** Who may push past all of it, such as what commits the pin. */
  bypass: z
    .array(
      z.strictObject({
        type: z.enum(["Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey"]),
        /** Of the app, role or team; absent for deploy keys. */
        id: z.int().positive().optional(),
        mode: z.enum(["always", "pull_request"]).default("always"),
      }),
    )
    .default([]),
});

const sharedIn = (form: SecretForm) =>
  z.strictObject({
    variables: z.record(actionsName, z.coerce.string()).default({}),
    /** Values that every job of the repository can read. */
    secrets: z.record(actionsName, secretIn(form)).default({}),
    protection: protection.optional(),
    /** Public keys that may read the repository over SSH, by title. */
    keys: z
      .record(
        text,
        z.strictObject({
          key: z
            .string()
            .regex(/^(?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/]+={0,2}/, "expected a public key in OpenSSH's form"),
          /** Whether it may write too. */
          write: z.boolean().default(false),
        }),
      )
      .default({}),
    /** Webhooks, by name. */
    hooks: z
      .record(
        text,
        z.strictObject({
          url: z.url({ protocol: /^https$/, error: "expected an address that starts with https://" }),
          /** Such as `deployment_status`, `push` or `workflow_run`. */
          events: z.array(text).min(1),
          /** Signs what is sent, so that the receiver knows who did. */
          secret: secretIn(form),
          active: z.boolean().default(true),
        }),
      )
      .default({}),
  });

export const repositoryIn = (form: SecretForm) =>
  z.strictObject({
    owner: text,
    name: text,
    ...accessIn(form),
    /** Further GitHub environments that this stack declares, by name. */
    environments: z.record(text, z.strictObject(accessIn(form))).default({}),
    /** What belongs to the whole repository; in one stack only. */
    shared: sharedIn(form).optional(),
  });

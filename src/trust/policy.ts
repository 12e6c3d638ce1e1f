import { z } from "zod";

/**
 * The trust policy, `liftlock:trust` in the stack configuration: what must be proven of a release before it may come here.
 * Without the key nothing is proven, and every result says so.
 */

/** Levels that can be told to block, lowest first. */
export const blockingLevels = ["low", "medium", "high", "critical"] as const;

const text = z.string().min(1, "expected a text that is not empty").max(500);

const identity = z.strictObject({
  /** Issuer of the token with which the signer signed in, exactly: `https://token.actions.githubusercontent.com`. */
  issuer: z.url("expected the issuer's URL").max(500),
  /** Subject in the certificate: exactly, or with `*` for a part without `/` and `**` for anything. */
  subject: text.refine(
    (pattern) => !/^[*/]*$/.test(pattern),
    "expected a subject that says more than wildcards",
  ),
});

const signatures = z
  .strictObject({
    /** Whether an image without a trusted signature is refused; otherwise it is only told. */
    required: z.boolean().default(true),
    /** Public keys: PEM text, or the path of a PEM file below the project. ECDSA P-256, Ed25519 (not ph), RSA from 2048 bits. */
    keys: z.array(z.string().min(1).max(10_000)).max(20).default([]),
    /** Who may sign without a key of their own (Fulcio certificates). */
    identities: z.array(identity).max(20).default([]),
    /** File with a Sigstore trusted root (JSON), below the project; needed for identities. */
    trustRoot: text.optional(),
  })
  .superRefine((value, context) => {
    if (value.required && value.keys.length + value.identities.length === 0)
      context.addIssue({ code: "custom", path: ["keys"], message: "expected at least one key or identity" });
    if (value.identities.length > 0 && value.trustRoot === undefined)
      context.addIssue({
        code: "custom",
        path: ["trustRoot"],
        message: "missing; identities are proven by a Sigstore trusted root (a JSON file)",
      });
  });

const provenance = z.strictObject({
  /** Source repository: `https://github.com/example/shop`. */
  repository: z.url({ protocol: /^https$/, error: "expected an https URL of a repository" }).max(500),
  /** Workflow file in that repository: `.github/workflows/release.yaml`. */
  workflow: z.string().regex(/^[\w.][\w./-]*$/, "expected the path of a workflow file in the repository"),
  /** Builder's id, exactly or with `*` and `**` as in subjects; default any. */
  builder: text.optional(),
});

const waiver = z.strictObject({
  /** Finding, for instance `CVE-2026-1234`. Case does not matter. */
  id: z.string().regex(/^\S{1,200}$/, "expected a finding's id such as CVE-2026-1234"),
  reason: z.string().trim().min(1, "expected a reason").max(1000),
  /** Who answers for it. */
  by: z.string().trim().min(1, "expected who answers for the waiver").max(200),
  /** Last day (UTC, included), or the instant, at which it ends. */
  expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: "expected a date such as 2026-12-31",
  }),
  /** Services it is for; default all. */
  services: z.array(text).min(1).optional(),
});

const security = z.strictObject({
  /** Whether an image without a report is refused. */
  required: z.boolean().default(true),
  /** Lowest severity that blocks; a finding of unknown severity always does. */
  block: z.enum(blockingLevels, { error: "expected low, medium, high or critical" }).default("high"),
  waivers: z.array(waiver).max(1000).default([]),
  /** Days after which a report is too old; default no limit. */
  maxAgeDays: z.int().min(1).max(3650).optional(),
  /** Whether reports that nobody signed count as well: anybody who can push could have written them. */
  unsigned: z.boolean().default(false),
});

/** The policy as it is written in the stack configuration. */
export const trustSchema = z
  .strictObject({
    /** Labels and platform of each image. */
    metadata: z.enum(["required", "off"], { error: "expected required or off" }).default("required"),
    /** What the hosts run: `os/architecture`. */
    platform: z
      .string()
      .regex(/^[a-z0-9]+\/[a-z0-9]+$/, "expected a platform such as linux/amd64")
      .default("linux/amd64"),
    signatures: signatures.optional(),
    provenance: provenance.optional(),
    security: security.optional(),
  })
  .superRefine((value, context) => {
    const signers = (value.signatures?.keys.length ?? 0) + (value.signatures?.identities.length ?? 0);
    if (value.provenance !== undefined && signers === 0)
      context.addIssue({
        code: "custom",
        path: ["provenance"],
        message: "provenance proves nothing unsigned; expected signatures with a key or identity beside it",
      });
    if (value.security !== undefined && signers === 0 && !value.security.unsigned)
      context.addIssue({
        code: "custom",
        path: ["security", "unsigned"],
        message: "nobody is trusted to sign reports; expected signatures beside it, or unsigned: true",
      });
  });

export type TrustPolicy = z.output<typeof trustSchema>;
export type Identity = z.output<typeof identity>;
export type ProvenancePolicy = z.output<typeof provenance>;
export type SecurityPolicy = z.output<typeof security>;
export type Waiver = z.output<typeof waiver>;

import { z } from "zod";
import { notifyIn } from "../src/notify/schema.ts";
import { approvalPolicySchema } from "../src/plan/approval.ts";
import { gatePolicySchema } from "../src/plan/gates/policy.ts";
import { retentionPolicySchema } from "../src/plan/retention/policy.ts";
import { strategySchema } from "../src/plan/strategy.ts";
import { releaseSchema } from "../src/release/release.ts";
import { trustSchema } from "../src/trust/policy.ts";

/**
 * The stack configuration: every key below `liftlock:` in `Pulumi.<stack>.yaml`. One schema gives the types, the
 * validation before anything runs and the reference page. Sizes are counts, times are seconds unless said otherwise.
 */

/** In the file a secret is ciphertext (`secure: …`); in the running program it has been decrypted. */
export type SecretForm = "file" | "program";

const hostName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "expected lower-case letters, digits and -");
const variableName = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "expected a variable name such as HTTP_PORT");
const slug = z.string().regex(/^[a-z0-9-]+$/, "expected a slug such as s-1vcpu-2gb");
const port = z.int().min(1).max(65535);
const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: "expected an address range such as 203.0.113.0/24" });
const text = z.string().min(1, "expected a text that is not empty");

const secretIn = (form: SecretForm) =>
  form === "program"
    ? text
    : z.custom<string>(
        (value) =>
          typeof value === "object" &&
          value !== null &&
          typeof (value as { secure?: unknown }).secure === "string",
        {
          error:
            "expected a secret (`secure: …`, written by `pulumi config set --secret` or `liftlock init`)",
        },
      );

const fleet = z.strictObject({
  /** Droplets. */
  size: z.int().min(1).max(100).default(1),
  dropletSize: slug.default("s-1vcpu-2gb"),
  image: slug.default("debian-13-x64"),
  region: slug,
  /** Who may reach SSH. */
  operators: z.array(cidr).min(1, "expected at least one address range that may reach SSH"),
  /** Ports that everybody may reach. */
  ports: z.array(port).default([80, 443]),
  tags: z.array(slug).default([]),
  reservedAddress: z.boolean().default(false),
  /** A DigitalOcean load balancer in front of all hosts, which asks each for the first of `health.paths`. */
  loadBalancer: z.boolean().default(false),
});

const sshIn = (form: SecretForm) =>
  z.strictObject({
    user: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected a user name")
      .default("liftlock"),
    port: port.default(22),
    /** Private key of the deploying user, in OpenSSH or PEM form. */
    privateKey: secretIn(form),
    /** 32 bytes in base64; every host's own host key is derived from it, so that it is known before the host exists. */
    hostKeySeed: secretIn(form),
  });

const registryIn = (form: SecretForm) =>
  z.strictObject({
    server: text.default("ghcr.io"),
    username: text,
    token: secretIn(form),
    /** Account that hosts pull with instead, so that none holds a token that can write; absent: the one above. */
    pull: z.strictObject({ username: text, token: secretIn(form) }).optional(),
    /** Where images go when they are promoted into this environment; what `from` does not describe stays where it is. */
    repositories: z
      .strictObject({
        from: text.default("{registry}/{owner}/{app}-staging/{service}"),
        to: text.default("{registry}/{owner}/{app}/{service}"),
      })
      .prefault({}),
    /** Tag that follows what runs here, such as `main`; set on promotion, beside the version's. Absent: no tag is set. */
    tag: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, "expected a tag such as main")
      .optional(),
    /** Whether, where `tag` is set, `latest` follows too: once a release is verified here. */
    latest: z.boolean().default(true),
  });

const environmentIn = (form: SecretForm) =>
  z.strictObject({
    variables: z.record(variableName, z.coerce.string()).default({}),
    secrets: z.record(variableName, secretIn(form)).default({}),
  });

const dns = z.strictObject({
  domain: z.string().regex(/^(?:[a-z0-9-]+\.)+[a-z]{2,}$/, "expected a domain such as example.com"),
  names: z.array(z.string().regex(/^(?:@|\*|[a-z0-9-]+(?:\.[a-z0-9-]+)*)$/, "expected a record name")).min(1),
  createDomain: z.boolean().default(false),
});

const health = z
  .strictObject({
    /** Scheme of the public endpoints on each host. */
    scheme: z.enum(["http", "https"]).default("http"),
    port: port.default(80),
    /** Paths that must answer 2xx on every host. */
    paths: z.array(z.string().startsWith("/", "expected a path that starts with /")).default(["/healthz"]),
    /** Seconds a service may take to become healthy. */
    timeout: z.int().min(1).max(600).default(120),
    /** Seconds in which a public endpoint may answer badly once, after the containers are healthy. */
    interval: z.int().min(1).max(60).default(5),
    /** How many such times in a row fail a release. */
    failures: z.int().min(1).max(100).default(3),
    /** Seconds for which the endpoints must stay healthy after the update. */
    window: z.int().min(0).max(3600).default(5),
  })
  .prefault({});

const migration = z
  .strictObject({
    /** Seconds the migrator may take. */
    timeout: z.int().min(1).max(3600).default(300),
  })
  .prefault({});

const alerts = z.strictObject({ emails: z.array(z.email("expected an e-mail address")).min(1) });

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

const repositoryIn = (form: SecretForm) =>
  z.strictObject({
    owner: text,
    name: text,
    ...accessIn(form),
    /** Further GitHub environments that this stack declares, by name. */
    environments: z.record(text, z.strictObject(accessIn(form))).default({}),
    /** What belongs to the whole repository; in one stack only. */
    shared: sharedIn(form).optional(),
  });

const service = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "expected a service of the compose file");
const path = z.string().regex(/^\/[^\s"'\\#]*$/, "expected a path that starts with /");

const edgeIn = (form: SecretForm) =>
  z.strictObject({
    /** Where requests go. The first route also takes what no other one takes. */
    routes: z
      .array(
        z.strictObject({
          /** A promoted service of the compose file. */
          service,
          /** Port on which the service listens in its container. */
          port,
          /** Requests whose path starts so; absent: every path. */
          path: path.optional(),
          /** Requests for this host name only. */
          hostName: z
            .string()
            .regex(/^[a-z0-9.-]+$/, "expected a host name")
            .optional(),
          /** Path that answers 2xx while the service may get requests. */
          health: path.default("/healthz"),
        }),
      )
      .min(1)
      .max(100),
    /** Public port of plain HTTP. */
    port: port.default(80),
    /** Absent: plain HTTP only. With it, plain HTTP is redirected. */
    tls: z
      .strictObject({
        /** Public port of HTTPS. */
        port: port.default(443),
        /** Certificate with its chain, in PEM form. */
        certificate: text,
        /** Its private key, in PEM form. */
        key: secretIn(form),
      })
      .optional(),
    /** Services of which only one may run at a time, such as a scheduler: they move when the traffic has. */
    once: z.array(service).default([]),
    /** What must answer 2xx in a new release before it gets requests, besides each route's health. */
    smoke: z
      .array(
        z.strictObject({
          /** One that has a route. */
          service,
          /** Asked in the slot itself, past the edge. */
          path,
        }),
      )
      .default([]),
    /** Seconds for which a request may go on in a release that is being left. */
    drain: z.int().min(1).max(3600).default(30),
    /** Seconds for which the release that was left stays ready, before it is stopped. */
    warm: z.int().min(0).max(604_800).default(600),
    /** HTML that people see while nothing answers; default: a page of ours. */
    maintenance: text.optional(),
  });

const runtime = z
  .strictObject({
    /** `compose`: each host runs the whole application. `swarm`: the hosts' engines make a cluster that places its services. */
    type: z.enum(["compose", "swarm"]).default("compose"),
    /** Hosts that manage the cluster, counted from the first; an odd number. */
    managers: z.int().min(1).max(7).default(1),
    /** How services of a cluster are found: by an address of their own (`vip`, needs IPVS in the hosts' kernel), or by those of their tasks (`dnsrr`). */
    endpoint: z.enum(["vip", "dnsrr"]).default("vip"),
    /** Services of a cluster of which only one may run at a time, such as a scheduler. */
    once: z.array(service).default([]),
  })
  .prefault({});

const rollout = z
  .strictObject({
    /** Rises with every attempt; a host refuses one that is older than the last it ran. */
    attempt: z.int().min(0).default(0),
    /** On the way back no migrations run. */
    mode: z.enum(["forward", "revert"]).default("forward"),
    /** Per cent of the hosts that have the candidate, counted from the first. */
    hosts: z.int().min(1).max(100).default(100),
    /** Per cent of the requests that it gets there. */
    traffic: z.int().min(1).max(100).default(100),
  })
  .prefault({});

/** The whole configuration, secrets in the given form. */
export const configSchema = (form: SecretForm) =>
  z.strictObject({
    app: hostName,
    fleet,
    ssh: sshIn(form),
    registry: registryIn(form).optional(),
    environment: environmentIn(form).prefault({}),
    dns: dns.optional(),
    health,
    /** The reverse proxy of each host: it holds two releases and moves traffic between them. Absent: services publish their ports themselves. */
    edge: edgeIn(form).optional(),
    /** What runs the application on the hosts. Chosen when an environment is made. */
    runtime,
    /** How a release takes the place of another; default: `blueGreen` with an edge, `recreate` without. */
    strategy: strategySchema.optional(),
    migration,
    alerts: alerts.optional(),
    repository: repositoryIn(form).optional(),
    gates: gatePolicySchema,
    approval: approvalPolicySchema,
    /** Which images stay in the registry and on the hosts, and how much room they may take (`liftlock cleanup`). */
    retention: retentionPolicySchema,
    trust: trustSchema.optional(),
    notify: notifyIn(secretIn(form)),
    /** Runs here, verified. Written by the driver. */
    release: releaseSchema.optional(),
    /** Being rolled out; absent otherwise. Written by the driver. */
    candidate: releaseSchema.optional(),
    rollout,
  });

/** A stack's configuration as the program sees it. */
export type StackConfig = z.output<ReturnType<typeof configSchema>>;

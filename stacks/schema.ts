import { z } from "zod";
import { notifyIn } from "../src/notify/schema.ts";
import { approvalPolicySchema } from "../src/plan/approval.ts";
import { gatePolicySchema } from "../src/plan/gates/policy.ts";
import { infrastructurePolicySchema } from "../src/plan/policy/schema.ts";
import { retentionPolicySchema } from "../src/plan/retention/policy.ts";
import { strategySchema } from "../src/plan/strategy.ts";
import { releaseSchema } from "../src/release/release.ts";
import { trustSchema } from "../src/trust/policy.ts";
import { environmentIn, health, migration, registryIn } from "./schema/application.ts";
import { backupsIn } from "./schema/backups.ts";
import { edgeIn } from "./schema/edge.ts";
import { alerts, dns, fleet, hostName, sshIn } from "./schema/hosts.ts";
import { repositoryIn } from "./schema/repository.ts";
import { rollout, runtime } from "./schema/rollout.ts";
import { type SecretForm, secretIn } from "./schema/values.ts";

export type { SecretForm } from "./schema/values.ts";

/**
 * The stack configuration: every key below `liftlock:` in `Pulumi.<stack>.yaml`. One schema gives the types, the
 * validation before anything runs and the reference page. Sizes are counts, times are seconds unless said otherwise.
 */

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
    /** Backups of what is on the first host and nowhere else, encrypted and off the host. Absent: there are none. */
    backups: backupsIn(form).optional(),
    repository: repositoryIn(form).optional(),
    gates: gatePolicySchema,
    approval: approvalPolicySchema,
    /** Which images stay in the registry and on the hosts, and how much room they may take (`liftlock cleanup`). */
    retention: retentionPolicySchema,
    trust: trustSchema.optional(),
    /** Rules of the infrastructure that do not hold here for a while; all others do (docs/policy.md). */
    policy: infrastructurePolicySchema,
    notify: notifyIn(secretIn(form)),
    /** Runs here, verified. Written by the driver. */
    release: releaseSchema.optional(),
    /** Being rolled out; absent otherwise. Written by the driver. */
    candidate: releaseSchema.optional(),
    rollout,
  });

/** A stack's configuration as the program sees it. */
export type StackConfig = z.output<ReturnType<typeof configSchema>>;

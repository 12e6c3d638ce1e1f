import type { Difference } from "../../../src/automation/messages.ts";
import { type Answers, analyse } from "../../../src/plan/analysis.ts";
import { classify } from "../../../src/plan/deployFailure.ts";
import type { PolicyFacts } from "../../../src/plan/policy/facts.ts";
import { judgePolicy, policyRefusal } from "../../../src/plan/policy/judge.ts";
import { infrastructurePolicySchema } from "../../../src/plan/policy/schema.ts";
import { judgePreview } from "../../../src/plan/preview.ts";
import { type Event, planRollback, transition } from "../../../src/plan/promotion.ts";
import { strategySchema } from "../../../src/plan/strategy.ts";
import { judgeHosts } from "../../../src/plan/verdict.ts";
import { digest } from "../../../test/releases.ts";
import { attempt, next, previous, readings } from "./story.ts";
import { said } from "./told.ts";

/** What a host's script said before it ended with a status. */
const script = (status: number, spoken: string) =>
  said(() =>
    classify({
      resource: "deploy-shop-production-1",
      message: `Process exited with status ${status}\nliftlock: ${spoken}`,
    }),
  );

const found = (change: Parameters<typeof readings>[0]) =>
  said(() => judgeHosts(readings(change), next, ["migrator"], attempt)[0]);

const droplet = {
  urn: "urn:pulumi:production::liftlock::digitalocean:index/droplet:Droplet::shop-production-1",
  type: "digitalocean:index/droplet:Droplet",
  op: "replace",
  keys: ["region"],
};

/** Why a way back ends that goes like this. */
const wayBack = (...events: Event[]) =>
  said(() => {
    const start = planRollback(events.length === 0 ? [] : [previous], {
      code: "StartFailed",
      message: "api exited with 1",
    });
    return events.reduce(transition, start).backReason;
  });

const failed = (code: "StartFailed" | "Unhealthy", message: string): Event => ({
  type: "failed",
  reason: { code, message },
});

const answers = (requests: number, errors: number): Answers => ({
  requests,
  errors,
  latency: new Map([[12, requests]]),
});

/** What an analysis says of a canary that answered so. */
const analysed = (candidate: Answers) =>
  said(() => {
    const strategy = strategySchema.parse({ type: "canary" });
    const measured = { candidate, stable: answers(19_000, 4), queries: [] };
    const verdict = strategy.type === "canary" && analyse(measured, strategy.analysis);
    return verdict && "reason" in verdict ? verdict.reason : undefined;
  });

/** An environment whose SSH everybody can reach. */
const openedToAll: PolicyFacts = {
  environment: "staging",
  declared: { sshPort: 22, operators: ["0.0.0.0/0"], ports: [80], stableAddress: false, watched: false },
  services: [],
  variables: {},
};

/** What a look for drift finds first, as people are told of it. */
const difference: Difference = {
  where: "cloud",
  resource: "digitalocean:index/droplet:Droplet shop-production-1",
  what: "differs: tags",
};

/** What hosts, their scripts and the way back say. */
export const hostExamples = {
  DriftFound: said(() => ({
    code: "DriftFound",
    message: `${difference.resource} ${difference.what}`,
    hint: "liftlock drift production",
  })),
  UnsafeChange: said(() => judgePreview({ changes: [droplet], counts: {} })),
  PolicyViolated: said(() =>
    policyRefusal(
      judgePolicy(infrastructurePolicySchema.parse(undefined), openedToAll, undefined, new Date(0)),
    ),
  ),
  StalePin: script(75, "StalePin: attempt 44 is older than attempt 45, which this host has run"),
  PullFailed: script(70, "PullFailed: an image could not be pulled"),
  ComposeInvalid: script(71, "ComposeInvalid: docker compose refuses the compose file"),
  MigrationFailed: script(72, "MigrationFailed: migrator ended with 1"),
  HostBusy: script(76, "HostBusy: another deployment has held /home/liftlock/liftlock/shop/lock for 180 s"),
  Superseded: script(77, "Superseded: attempt 45 was overtaken by attempt 46"),
  SmokeFailed: script(79, "SmokeFailed: http://127.0.0.1:22000/api/version answered 500 in the green slot"),
  EdgeInvalid: script(80, "EdgeInvalid: haproxy refuses the configuration of the edge"),
  EdgeMissing: script(
    78,
    "EdgeMissing: the edge does not answer: this host was made before the edge was configured",
  ),
  CertificateClientMissing: script(
    82,
    "CertificateClientMissing: there is no dehydrated: this host was made before edges asked for certificates (docs/certificates.md)",
  ),
  ClusterFailed: script(81, "ClusterFailed: not ready in the cluster: shop-production-3"),
  AnalysisFailed: analysed(answers(1000, 31)),
  AnalysisInconclusive: analysed(answers(12, 0)),
  StartFailed: found({ status: "restarting", restarts: 3, exitCode: 1, health: undefined }),
  Unhealthy: found({ health: "unhealthy", probe: "HTTP 503: no database" }),
  DigestMismatch: found({ digests: [digest("somebody's own")] }),
  HostUnreachable: said(() =>
    classify({
      resource: "deploy-shop-production-2",
      message: "dial tcp 203.0.113.7:22: connect: no route to host",
    }),
  ),
  EngineFailed: said(() =>
    classify({ resource: "shop-production", message: "error: 422 unprocessable: size is not available" }),
  ),
  NoRollbackTarget: wayBack(),
  RollbackFailed: wayBack(failed("StartFailed", "shop-production-1: api exited with 1")),
  RollbackIncomplete: wayBack(
    { type: "succeeded" },
    failed("Unhealthy", "shop-production-1: api is unhealthy, last answer: HTTP 503"),
  ),
};

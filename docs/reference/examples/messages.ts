import type { MessageCode, MessagePayloads } from "../../../src/automation/messages.ts";
import { judgeGates } from "../../../src/plan/gates/judge.ts";
import { describeGates } from "../../../src/plan/gates/refusal.ts";
import { facts } from "./gates.ts";
import { common, completed, reason, report, rolledBack } from "./results.ts";
import { ago, next, nextName, policy, previousName } from "./story.ts";

const gates = judgeGates(policy({ soak: 3600 }), facts());
const soakToo = judgeGates(
  policy({ soak: 3600 }),
  facts({ source: { environment: "staging", verifiedSince: ago(720) } }),
  [{ gate: "soak", reason: "a hotfix", by: "octo-dev@github" }],
);

/** At least one payload of every message. A new code does not compile without one. */
export const messageExamples = {
  "engine.chosen": [{ kind: "official", version: "3.270.0", from: "/usr/local/bin/pulumi" }],
  "engine.installing": [{ version: "3.270.0" }],
  "ledger.local": [{ directory: ".liftlock/ledger" }],
  "gates.judged": [
    { gates, summary: describeGates(gates) },
    { gates: soakToo, summary: describeGates(soakToo) },
  ],
  "promotion.started": [
    {
      ...common,
      source: "staging",
      release: { ...nextName, commit: next.commit, images: Object.keys(next.images).length },
    },
  ],
  "step.started": [{ step: "deploy" }, { step: "revert", target: previousName }],
  "step.finished": [
    { step: "preview", seconds: 0.8, detail: "2 to update, 31 unchanged; nothing stateful is replaced" },
  ],
  "step.failed": [{ step: "deploy", seconds: 1.4, reason }],
  "host.started": [{ host: "shop-production-1" }],
  "host.finished": [{ host: "shop-production-1", seconds: 2.1 }],
  "host.failed": [{ host: "shop-production-1", seconds: 1.4 }],
  "failure.report": [report],
  "promotion.finished": [completed, rolledBack],
  "resume.planned": [{ action: "finish", reason: "every host runs 1.6.1" }],
  "cleanup.deleting": [{ of: "staging", threshold: 80, done: 25, versions: 140 }],
  interrupted: [{ signal: "SIGINT" }],
  warning: [
    {
      message:
        "Pulumi.production.yaml was edited during the promotion; the pin is set to what runs, other edits stay",
    },
  ],
} satisfies { [C in MessageCode]: readonly [MessagePayloads[C], ...MessagePayloads[C][]] };

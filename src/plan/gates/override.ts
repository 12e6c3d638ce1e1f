import type { GateFacts } from "./facts.ts";
import type { GateName } from "./gate.ts";

/** The command that brings the same release again. */
function command(facts: GateFacts): string {
  switch (facts.kind) {
    case "promote": {
      const from = facts.source?.environment ?? "staging";
      const plain = from === "staging" && facts.environment === "production";
      return plain ? "liftlock promote" : `liftlock promote --from ${from} --to ${facts.environment}`;
    }
    case "deploy":
      return `liftlock deploy ${facts.environment} --release <file>`;
    case "rollback":
      return `liftlock rollback ${facts.environment}`;
    case "resume":
      return `liftlock resume ${facts.environment}`;
  }
}

/** How a person goes on in spite of a gate, and what that costs. */
export const overrideHint = (gate: GateName, facts: GateFacts): string =>
  `${command(facts)} --override ${gate} --reason "…"   (written to the ledger, shown to approvers)`;

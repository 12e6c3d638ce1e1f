import type { Reason } from "../promotion.ts";
import type { GateVerdict } from "./gate.ts";

/** The verdicts that keep a promotion from going on. */
export const refusing = (verdicts: readonly GateVerdict[]): GateVerdict[] =>
  verdicts.filter(({ status }) => status === "fail" || status === "waiting");

/**
 * Why the gates refuse: the first that does gives code, message and hint, the others are listed after it.
 * @returns nothing when every gate passes, is skipped or overridden
 */
export function refusal(verdicts: readonly GateVerdict[]): Reason | undefined {
  const [first, ...others] = refusing(verdicts);
  if (first === undefined) return undefined;
  const reason = first.reason ?? { code: "Unexpected" as const, message: `the gate ${first.gate} refuses` };
  if (others.length === 0) return reason;
  const also = others.map(({ gate, summary }) => `${gate} (${summary})`).join(", ");
  return {
    ...reason,
    message: `${reason.message}${/[.!?]$/.test(reason.message) ? "" : "."} Also: ${also}.`,
  };
}

/** Passed gates that a line of results leaves out: that they are open is what everybody expects. */
const quiet: readonly GateVerdict["gate"][] = ["stop", "veto", "rate", "concurrency"];

/** All gates in one line: `tests passed · soak 2 h 14 min ≥ 1 h · no freeze · no drift · way back: 1.6.0 on both hosts`. */
export function describeGates(verdicts: readonly GateVerdict[]): string {
  const shown = verdicts.filter(
    ({ gate, status }) => status !== "skipped" && !(status === "pass" && quiet.includes(gate)),
  );
  const line = shown.map(({ summary, status, override }) =>
    status === "overridden" ? `${summary} (overridden by ${override?.by ?? "somebody"})` : summary,
  );
  return line.join(" · ") || "none asked for";
}

import type { PendingPromotion } from "../../automation/decisions.ts";
import type { VetoStatus } from "../../automation/status.ts";
import { clock, counted } from "../../plan/gates/words.ts";

/** `1 of 2 (octo-lead)` */
const given = ({ approvals, needed }: Pick<PendingPromotion, "approvals" | "needed">): string =>
  `${approvals.length} of ${needed}${approvals.length === 0 ? "" : ` (${approvals.join(", ")})`}`;

/** One promotion that waits, in a line. */
export const pendingLine = (p: PendingPromotion, now: Date): string =>
  `${p.promotion}  ${p.release.version} into ${p.environment}: ${given(p)} approved, until ${clock(new Date(p.until), now, "UTC")}`;

/** What waits for approval, and how to decide it. */
export function pendingText(pending: readonly PendingPromotion[], now: Date): string {
  if (pending.length === 0) return "Nothing waits for approval.";
  return pending
    .map((p) =>
      [
        pendingLine(p, now),
        `    release ${p.release.id}, asked for by ${p.initiator} at ${clock(new Date(p.since), now, "UTC")}`,
        `    liftlock approve ${p.promotion}   (or: liftlock deny ${p.promotion} --reason "…")`,
      ].join("\n"),
    )
    .join("\n");
}

/** After an approval: how many there are now, and what is next. */
export function approvalText(p: PendingPromotion, by: string): string {
  const enough = p.approvals.length >= p.needed;
  const next = enough
    ? `It goes on when its command is run again, such as: liftlock promote --to ${p.environment}`
    : `It needs ${counted(p.needed - p.approvals.length, "more approval")}: liftlock pending`;
  return `${by} approved ${p.release.version} into ${p.environment}: ${given(p)}.\n${next}`;
}

export const denialText = (p: PendingPromotion, by: string, why: string): string =>
  `${by} denied ${p.release.version} into ${p.environment}: ${why}\nIts command, run again, ends it: nothing was touched.`;

/** What an emergency stop, or its end, means now. */
export function stopText(s: {
  environments: readonly string[];
  lifted: boolean;
  by: string;
  why: string | undefined;
}): string {
  const where = s.environments.join(", ");
  if (s.lifted) return `The emergency stop is lifted (${where}).`;
  return `Stopped by ${s.by} (written in ${where}): ${s.why}\nOnly rollbacks deploy now. Lift it:  liftlock stop --lift`;
}

/** What is vetoed, where, since when and why. */
export function vetoesText(vetoes: readonly VetoStatus[]): string {
  if (vetoes.length === 0) return "Nothing is vetoed.";
  return vetoes
    .map(
      ({ environment, release, since, why }) =>
        `${environment}  ${release.version} (${release.id}) since ${since}\n    ${why}\n    liftlock veto lift ${environment} ${release.version} --reason "…"`,
    )
    .join("\n");
}

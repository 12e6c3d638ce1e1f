import type { Promotion } from "../plan/promotion.ts";
import { liesInRelease } from "../plan/veto.ts";
import { asFailure } from "../release/failure.ts";
import { releaseId } from "../release/release.ts";
import type { Run } from "./run.ts";

/** What was interrupted has its end now: the journal says so under its own id too. What cannot be written stays open for `resume`. */
export async function closeInterrupted({ journal, context }: Run): Promise<void> {
  try {
    await journal.closeOthers({ code: "Interrupted", message: `ended by ${journal.promotion}` });
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.code === "LeaseLost") throw failure;
    context.notify({ code: "warning", payload: { message: failure.message } });
  }
}

/** Once a promotion has come, the journal lets go of what is too old. That it could not is told, and changes nothing. */
export async function forgetOld({ journal, context }: Run, p: Promotion): Promise<void> {
  if (p.status !== "Completed") return;
  await journal.forgetOld().catch((thrown: unknown) => {
    const { message, hint } = asFailure(thrown);
    const told = hint === undefined ? message : `${message}. ${hint}`;
    context.notify({ code: "warning", payload: { message: `old entries were kept: ${told}` } });
  });
}

/** A release that failed here for a reason of its own is vetoed; one that came after all, in spite of its veto, no longer is. */
export async function rememberRelease(run: Run, p: Promotion): Promise<void> {
  const named = { releaseId: releaseId(run.release), version: run.release.version };
  const lifted = run.gates.find(({ gate, override }) => gate === "veto" && override)?.override;
  const write =
    run.kind !== "rollback" &&
    p.touched &&
    p.status !== "Completed" &&
    p.reason &&
    liesInRelease(p.reason.code)
      ? run.journal.remark({ entry: "veto", ...named, reason: p.reason })
      : p.status === "Completed" && lifted
        ? run.journal.remark({ entry: "unveto", ...named, why: `came and was verified: ${lifted.reason}` })
        : undefined;
  await write?.catch((thrown: unknown) => {
    const { message } = asFailure(thrown);
    run.context.notify({ code: "warning", payload: { message: `the veto was not written: ${message}` } });
  });
}

import type { EntryDraft } from "./entry.ts";
import type { Holder } from "./holder.ts";
import type { LeaseRequest } from "./ledger.ts";

/** The entry that says whose lease was taken. @param forced that holder was alive */
export const lockDraft = (
  request: LeaseRequest,
  holder: Holder,
  from: Holder,
  forced: boolean,
): EntryDraft => ({
  entry: "lock",
  time: holder.since,
  actor: request.actor,
  ...(request.takeOver && { why: request.takeOver.why }),
  fence: holder.fence,
  promotion: holder.promotion,
  from: {
    user: from.user,
    machine: from.machine,
    pid: from.pid,
    promotion: from.promotion,
    since: from.since,
    fence: from.fence,
  },
  forced,
});

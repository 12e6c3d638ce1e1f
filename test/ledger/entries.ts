import type { EntryDraft } from "../../src/ledger/entry.ts";
import type { Lease } from "../../src/ledger/ledger.ts";
import { release } from "../releases.ts";

export const [old, next] = [release("1.6.0"), release("1.6.1")];

const time = () => new Date().toISOString();

/** A remark that needs no lease. */
export const note = (text = "said", change: { time?: string } = {}): EntryDraft => ({
  entry: "note",
  time: time(),
  actor: "octo-dev",
  text,
  ...change,
});

const head = (fence: number, promotion: string) => ({
  time: time(),
  actor: "octo-dev",
  fence,
  promotion,
  kind: "promote" as const,
});

export const started = (lease: Pick<Lease, "fence">, promotion: string, attempt = 5): EntryDraft => ({
  ...head(lease.fence, promotion),
  entry: "started",
  release: next,
  previous: old,
  attempt,
});

export const intent = (
  lease: Pick<Lease, "fence">,
  promotion: string,
  step = "deploy",
  attempt = 5,
): EntryDraft => ({ ...head(lease.fence, promotion), entry: "intent", step, attempt });

export const ended = (
  lease: Pick<Lease, "fence">,
  promotion: string,
  status: "Completed" | "Failed" | "RolledBack" = "Completed",
  attempt = 5,
): EntryDraft => ({ ...head(lease.fence, promotion), entry: "ended", status, release: next, attempt });

import { z } from "zod";
import type { ChainReport } from "../ledger/chain.ts";
import { type Comparison, compareWithHistory, type HistoryUpdate } from "../ledger/comparison.ts";
import type { EntryOf } from "../ledger/entry.ts";
import { wasRead } from "../plan/facts.ts";
import { releaseId, releaseSchema } from "../release/release.ts";
import { cleanupPlace } from "./cleanupJournal.ts";
import type { DriverContext } from "./context.ts";
import type { Target } from "./ports.ts";

/** An environment's journal, proven, and held against stack history and hosts. */
export interface AuditReport {
  /** Or `clean-up`. */
  environment: string;
  /** Where the journal is. */
  ledger: string;
  chain: ChainReport;
  /** Absent when the chain is broken: what it says is worth nothing then. And where there is nothing to compare it with: `alone`. */
  comparison?: Comparison;
  /** It is no environment's: neither stack history nor hosts tell of what it says. */
  alone?: true;
  /** Hosts that could not be asked. */
  unread: string[];
}

const rolloutSchema = z.object({ attempt: z.number().optional() });

function parsed<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const result = schema.safeParse(JSON.parse(text));
  return result.success ? result.data : undefined;
}

/** Most updates of stack history that the journal is held against. */
const depth = 1000;

async function historyOf(target: Target): Promise<HistoryUpdate[]> {
  return (await target.updates(depth)).map((update) => {
    const value = (key: string) => update.config[`liftlock:${key}`]?.value;
    const attempt = parsed(rolloutSchema, value("rollout"))?.attempt;
    const release = parsed(releaseSchema, value("release"));
    const candidate = parsed(releaseSchema, value("candidate"));
    return {
      version: update.version,
      message: update.message,
      ...(attempt !== undefined && { attempt }),
      ...(release && { release: releaseId(release) }),
      ...(candidate && { candidate: releaseId(candidate) }),
    };
  });
}

/** The journal of an environment, or of clean-ups. @throws Failure `StackUnknown`, and others of bad input */
const journalNamed = ({ workspace }: DriverContext, name: string): string =>
  name === cleanupPlace ? name : workspace.input(name).name;

/** The journal of clean-ups, proven. It is empty while there was none. @throws Failure `LedgerUnavailable` */
export async function auditCleanups(context: DriverContext): Promise<AuditReport> {
  const ledger = await context.ledger();
  const chain = await ledger.verify(cleanupPlace);
  return { environment: cleanupPlace, ledger: ledger.location.description, chain, alone: true, unread: [] };
}

/** Proves that nothing in an environment's journal was edited, dropped or reordered, and that it says what stack history and hosts say. */
export async function audit(context: DriverContext, environment: string): Promise<AuditReport> {
  const { name } = context.workspace.input(environment);
  const ledger = await context.ledger();
  const chain = await ledger.verify(name);
  const report = { environment: name, ledger: ledger.location.description, chain, unread: [] };
  if (!chain.intact) return report;
  using target = await context.workspace.open(name);
  const [entries, history, readings] = await Promise.all([
    ledger.read(name),
    historyOf(target),
    target.hosts.observe(),
  ]);
  const hosts = readings.filter(wasRead).map(({ host, attempt, release }) => ({
    host,
    attempt,
    ...(release && { release: releaseId(release) }),
  }));
  const unread = readings.filter((reading) => !wasRead(reading)).map(({ host }) => host);
  // What a repair stands behind is known to be incomplete: witnesses can contradict only what came after it.
  const since = entries.slice(entries.findLastIndex((entry) => entry.entry === "repaired") + 1);
  return { ...report, comparison: compareWithHistory(since, history, hosts), unread };
}

/** What going on behind a broken journal came to. */
export interface RepairReport {
  environment: string;
  /** Where the journal is. */
  ledger: string;
  /** The entry that says what was broken; absent when nothing was. */
  repaired?: EntryOf<"repaired">;
}

/**
 * Goes on behind a broken journal, on a person's word. Nothing that stands in it is changed.
 * @param why the person's reason; written down
 * @throws Failure `PromotionInProgress` while somebody holds the environment, `LedgerUnavailable`
 */
export async function repairLedger(
  context: DriverContext,
  environment: string,
  why: string,
): Promise<RepairReport> {
  const name = journalNamed(context, environment);
  const ledger = await context.ledger();
  const repaired = await ledger.repair(name, { actor: context.actor, why });
  return { environment: name, ledger: ledger.location.description, ...(repaired && { repaired }) };
}

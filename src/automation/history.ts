import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import type { Entry, EntryOf } from "../ledger/entry.ts";
import { releaseSchema } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import type { ReleaseName } from "./messages.ts";
import { nameOf } from "./run.ts";

/** One update of a stack, read as what it did to the environment. */
export interface HistoryLine {
  /** ISO 8601. */
  time: string;
  /** `update`, `refresh`, `destroy`, … */
  kind: string;
  result: string;
  message: string;
  attempt: number;
  /** The pin at that time: verified. */
  release?: ReleaseName;
  /** What was being rolled out. */
  candidate?: ReleaseName;
  /** Resources changed, by operation. */
  changes: Record<string, number>;
  /** Who, from the journal. */
  actor?: string;
  /** How the promotion that made this update ended, from the journal. */
  outcome?: string;
}

const rolloutSchema = z.object({ attempt: z.number().default(0) }).prefault({});

function releaseIn(update: UpdateSummary, key: string): ReleaseName | undefined {
  const value = update.config[`liftlock:${key}`]?.value;
  const parsed = value === undefined ? undefined : releaseSchema.safeParse(JSON.parse(value));
  return parsed?.success ? nameOf(parsed.data) : undefined;
}

function line(update: UpdateSummary, journal: readonly Entry[]): HistoryLine {
  const rollout = update.config["liftlock:rollout"]?.value;
  const attempt = rolloutSchema.parse(rollout === undefined ? {} : JSON.parse(rollout)).attempt;
  const release = releaseIn(update, "release");
  const candidate = releaseIn(update, "candidate");
  const step = journal.findLast((e): e is EntryOf<"intent"> => e.entry === "intent" && e.attempt === attempt);
  const outcome = journal.findLast(
    (e): e is EntryOf<"ended"> => e.entry === "ended" && e.promotion === step?.promotion,
  )?.status;
  return {
    time: update.startTime.toISOString(),
    kind: update.kind,
    result: update.result,
    message: update.message,
    attempt,
    ...(release && { release }),
    ...(candidate && { candidate }),
    changes: { ...update.resourceChanges },
    ...(step && { actor: step.actor }),
    ...(outcome !== undefined && { outcome }),
  };
}

/** An environment's updates, newest first, with who and how it ended from the journal. */
export async function history(
  context: DriverContext,
  environment: string,
  count: number,
): Promise<HistoryLine[]> {
  using target = await context.workspace.open(environment);
  const updates = await target.updates(count);
  const journal = await (await context.ledger()).read(target.name);
  return updates.map((update) => line(update, journal));
}

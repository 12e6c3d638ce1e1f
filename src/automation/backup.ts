import { backupSchedule } from "../../stacks/schema/backups.ts";
import type { BackupMemory, DrillProof, Snapshot, StoredBackup } from "../hosts/backupFacts.ts";
import { HostBackups } from "../hosts/backups.ts";
import { FleetConnections } from "../hosts/fleet.ts";
import { judgeBackups } from "../plan/backupVerdict.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { announceBackup } from "./announceBackup.ts";
import { backupNote, drillNote, failureNote } from "./backupNotes.ts";
import type { DriverContext } from "./context.ts";
import type { Input, Target } from "./ports.ts";

/** A backup that was taken now. */
export interface BackupReport extends StoredBackup {
  environment: string;
}

/** What there is to restore, and what is wrong with it. */
export interface BackupsReport extends BackupMemory {
  environment: string;
  /** Newest first. */
  snapshots: Snapshot[];
  problems: string[];
}

/** A drill that passed. */
export interface DrillReport extends DrillProof {
  environment: string;
}

/** What is configured. @throws Failure `BackupMissing` */
export function requireBackups({ name, config }: Input): NonNullable<Input["config"]["backups"]> {
  if (config.backups) return config.backups;
  throw new Failure({
    code: "BackupMissing",
    message: `expected liftlock:backups in Pulumi.${name}.yaml, found none: nothing is backed up there`,
    hint: "docs/backups.md says how to configure them",
    fault: "user",
  });
}

/** A backup or drill beside a promotion would take from it the time that it has. @throws Failure `PromotionInProgress` */
async function verifyQuiet(context: DriverContext, environment: string, what: string): Promise<void> {
  const holder = await (await context.ledger()).current(environment);
  if (!holder) return;
  throw new Failure({
    code: "PromotionInProgress",
    message: `${holder.promotion} is under way in ${environment} (${holder.user}@${holder.machine}): no ${what} beside it`,
    hint: `liftlock status ${environment}`,
  });
}

const note = async (context: DriverContext, environment: string, text: string) =>
  (await context.ledger()).append(environment, {
    entry: "note",
    time: context.now().toISOString(),
    actor: context.actor,
    text: context.secrets.mask(text),
  });

/** Connections of their own: what is done here takes longer than anything else on a host. */
const connectionsTo = ({ outputs: { app, hosts, access } }: Target) =>
  new FleetConnections(app, hosts, access.privateKey);

/** Does something with an environment's backups, and writes down how it ended. */
async function recorded<T>(
  context: DriverContext,
  environment: string,
  what: "backup" | "drill",
  work: (backups: HostBackups) => Promise<T>,
  noteOf: (result: T) => string,
): Promise<T> {
  const input = context.workspace.input(environment);
  requireBackups(input);
  await verifyQuiet(context, input.name, what);
  using target = await context.workspace.open(input.name);
  await target.learnSecrets();
  using fleet = connectionsTo(target);
  try {
    const result = await work(new HostBackups(fleet, target.outputs.app, input.name));
    await note(context, input.name, noteOf(result));
    return result;
  } catch (thrown) {
    const failure = asFailure(thrown);
    await note(context, input.name, failureNote(what, failure));
    await announceBackup(context, target, what, failure);
    throw failure;
  }
}

/**
 * Takes a backup now.
 * @throws Failure `BackupFailed`, `BackupMissing`, `PromotionInProgress`, `HostUnreachable`
 */
export async function backUp(context: DriverContext, environment: string): Promise<BackupReport> {
  const { warnings, ...stored } = await recorded(
    context,
    environment,
    "backup",
    (backups) => backups.take(),
    backupNote,
  );
  for (const message of warnings) context.notify({ code: "warning", payload: { message } });
  return { environment, ...stored };
}

/**
 * Proves that a backup restores. Changes nothing of what runs.
 * @param options `snapshot`: default the newest
 * @throws Failure `DrillFailed`, `BackupMissing`, `PromotionInProgress`, `HostUnreachable`
 */
export async function drill(
  context: DriverContext,
  { environment, snapshot }: { environment: string; snapshot?: string | undefined },
): Promise<DrillReport> {
  const proof = await recorded(
    context,
    environment,
    "drill",
    (backups) => backups.drill(snapshot),
    drillNote,
  );
  return { environment, ...proof };
}

/** What is wrong with backups by what their host remembers. */
export function problemsOf({ last, failure, drilled }: BackupMemory, schedule: string, now: Date): string[] {
  const { period } = backupSchedule(schedule) ?? { period: 86_400 };
  const facts = {
    last: last?.at.getTime(),
    failure: failure && { at: failure.at.getTime(), message: failure.message },
    drilled: drilled && { at: drilled.at.getTime(), passed: drilled.passed, message: drilled.message },
  };
  return judgeBackups(facts, period * 1000, now.getTime());
}

/**
 * Every backup in the storage, what is in it, and how the last drill ended. Changes nothing.
 * @throws Failure `BackupFailed` when the storage does not answer; `BackupMissing`, `HostUnreachable`
 */
export async function listBackups(context: DriverContext, environment: string): Promise<BackupsReport> {
  const input = context.workspace.input(environment);
  const { schedule } = requireBackups(input);
  using target = await context.workspace.open(input.name);
  using fleet = connectionsTo(target);
  const { snapshots, memory } = await new HostBackups(fleet, target.outputs.app, input.name).list();
  return {
    environment: input.name,
    ...memory,
    snapshots,
    problems: problemsOf(memory, schedule, context.now()),
  };
}

/** What is wrong with an environment's backups, for its status; nothing where none are configured. Asks the first host only. */
export async function backupProblems(context: DriverContext, target: Target): Promise<string[]> {
  const { backups } = target.config;
  if (!backups || !target.file.pin().release) return [];
  using fleet = connectionsTo(target);
  try {
    const memory = await new HostBackups(fleet, target.outputs.app, target.name).memory();
    return problemsOf(memory, backups.schedule, context.now());
  } catch (thrown) {
    return [`its backups are not known: ${asFailure(thrown).message}`];
  }
}

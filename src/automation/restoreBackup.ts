import type { Restored } from "../hosts/backupFacts.ts";
import { HostBackups, type RestoreSubject } from "../hosts/backups.ts";
import { FleetConnections } from "../hosts/fleet.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { announceBackup } from "./announceBackup.ts";
import { requireBackups } from "./backup.ts";
import { failureNote } from "./backupNotes.ts";
import type { DriverContext } from "./context.ts";
import type { Input } from "./ports.ts";
import { takeLease } from "./run.ts";

/** What was brought back, and from where. */
export interface RestoreReport extends Restored, RestoreSubject {
  environment: string;
}

export interface RestoreOptions {
  environment: string;
  /** `service`, where it has one database that is backed up, `service.database`, or a volume. */
  subject: RestoreSubject;
  /** Default: the newest. */
  snapshot?: string | undefined;
}

/** The one database or volume that is meant. @throws Failure `UsageInvalid` */
function findSubject(input: Input, { kind, name }: RestoreSubject): RestoreSubject {
  const { databases, volumes } = requireBackups(input);
  const known =
    kind === "volume" ? volumes : databases.map((database) => `${database.service}.${database.name}`);
  const found = known.filter((each) => each === name || (kind === "database" && each.startsWith(`${name}.`)));
  if (found.length === 1 && found[0] !== undefined) return { kind, name: found[0] };
  throw new Failure({
    code: "UsageInvalid",
    message: `expected one ${kind} that is backed up in ${input.name} (${known.join(", ") || "there is none"}), got "${name}"`,
    fault: "user",
  });
}

/**
 * Brings a backup back into what runs, under the environment's lease. What is there is backed up before; the host's services are stopped
 * meanwhile, and the public endpoints are asked afterwards.
 * @throws Failure `RestoreFailed`, `BackupFailed`, `BackupMissing`, `UsageInvalid`, `PromotionInProgress`, `EndpointFailed`,
 * `HostUnreachable`
 */
export async function restoreBackup(
  context: DriverContext,
  { environment, subject: asked, snapshot }: RestoreOptions,
): Promise<RestoreReport> {
  const input = context.workspace.input(environment);
  const { name } = input;
  const subject = findSubject(input, asked);
  await using held = await takeLease(context, name, "rollback");
  using target = await context.workspace.open(name);
  await target.learnSecrets();
  const { app, hosts, access } = target.outputs;
  using fleet = new FleetConnections(app, hosts, access.privateKey);
  const note = (text: string) => held.journal.remark({ entry: "note", text: context.secrets.mask(text) });
  await note(`restore begins: ${subject.kind} ${subject.name} from ${snapshot ?? "the newest backup"}`);
  try {
    const restored = await new HostBackups(fleet, app, name).restore(subject, snapshot);
    await note(
      `restored: ${subject.kind} ${subject.name} from ${restored.snapshot}; before: ${restored.before}`,
    );
    const { answers } = await target.watchEndpoints();
    const [bad] = answers.filter(({ problem }) => problem !== undefined);
    if (bad)
      throw new Failure({
        code: "EndpointFailed",
        message: `${subject.name} is restored, but ${bad.url} ${bad.problem}; what was there before is snapshot ${restored.before}`,
        hint: `liftlock status ${name}`,
      });
    return { environment: name, ...subject, ...restored };
  } catch (thrown) {
    const failure = asFailure(thrown);
    await note(failureNote("restore", failure));
    await announceBackup(context, target, "restore", failure);
    throw failure;
  }
}

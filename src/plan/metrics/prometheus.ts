import type { Figures, Times } from "./figures.ts";

/** What images take up, as a clean-up measured it. */
export interface StorageFigure {
  /** Bytes. */
  used: number;
  limit: number;
  measured: Date;
}

/** Backups of an environment, as the journal tells of them. */
export interface BackupFigure {
  environment: string;
  /** The last that the driver took. */
  taken?: Date;
  /** The last drill. */
  drilled?: { at: Date; passed: boolean };
}

/** What runs in an environment by its configuration. */
export interface PinnedFigure {
  environment: string;
  version: string;
  id: string;
}

type Labels = Readonly<Record<string, string>>;
type Samples = readonly (readonly [Labels, number | undefined])[];

const escaped = (text: string) =>
  text.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`));

/** One metric as it is scraped; nothing while there is no value of it. */
function gauge(name: string, help: string, samples: Samples): string {
  const lines = samples.flatMap(([labels, value]) => {
    if (value === undefined) return [];
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return [`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`];
  });
  return lines.length === 0
    ? ""
    : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

/** A time as Prometheus has it: seconds since 1970. */
const timestamp = (at: Date | undefined): number | undefined => at && at.getTime() / 1000;

/**
 * The figures in Prometheus's text format, version 0.0.4. All are gauges over a window: the ledger forgets after a year, and a counter
 * that falls would look like one that began anew.
 */
export function prometheusText(
  figures: readonly Figures[],
  pinned: readonly PinnedFigure[],
  storage: StorageFigure | undefined,
  backups: readonly BackupFigure[] = [],
): string {
  const each = (value: (of: Figures) => number | undefined, more: Labels = {}): Samples =>
    figures.map(
      (of) => [{ environment: of.environment, window: `${of.days}d`, ...more }, value(of)] as const,
    );
  const spread = (times: (of: Figures) => Times | undefined): Samples => [
    ...each((of) => times(of)?.median, { stat: "median" }),
    ...each((of) => times(of)?.p95, { stat: "p95" }),
  ];
  const one = (value: number | undefined): Samples => [[{}, value]];
  const perBackup = (value: (of: BackupFigure) => number | undefined): Samples =>
    backups.map((of) => [{ environment: of.environment }, value(of)] as const);
  return [
    gauge("liftlock_deployments", "Promotions and deployments that ended.", [
      ...each((of) => of.deployments.completed, { status: "completed" }),
      ...each((of) => of.deployments.failed, { status: "failed" }),
      ...each((of) => of.deployments.rolledBack, { status: "rolled_back" }),
      ...each((of) => of.deployments.cancelled, { status: "cancelled" }),
    ]),
    gauge(
      "liftlock_deployments_per_day",
      "Deployment frequency: completed ones a day.",
      each((of) => of.frequency),
    ),
    gauge(
      "liftlock_deployment_success_ratio",
      "Completed of all that ended, without cancelled ones.",
      each((of) => of.success),
    ),
    gauge(
      "liftlock_lead_time_seconds",
      "From a release's build until it was verified.",
      spread((of) => of.leadTime),
    ),
    gauge(
      "liftlock_change_failure_ratio",
      "Changes that failed or were taken back, of all.",
      each((of) => of.changeFailure),
    ),
    gauge(
      "liftlock_recovery_seconds",
      "From a failure until something verified ran again.",
      spread((of) => of.recovery),
    ),
    gauge(
      "liftlock_rework_ratio",
      "Completed deployments that mended a failed one, of all.",
      each((of) => of.rework),
    ),
    gauge(
      "liftlock_promotion_seconds",
      "How long completed promotions and deployments took.",
      spread((of) => of.promotion),
    ),
    gauge(
      "liftlock_rollbacks",
      "Ways back that began.",
      each((of) => of.rollbacks),
    ),
    gauge(
      "liftlock_release_info",
      "What runs, verified; always 1.",
      pinned.map(({ environment, version, id }) => [{ environment, version, release: id }, 1] as const),
    ),
    gauge(
      "liftlock_storage_bytes",
      "What images take up, as the last clean-up measured it.",
      one(storage?.used),
    ),
    gauge("liftlock_storage_limit_bytes", "What images may take up.", one(storage?.limit)),
    gauge(
      "liftlock_storage_ratio",
      "What images take up of what they may.",
      one(storage && storage.used / storage.limit),
    ),
    gauge(
      "liftlock_storage_measured_timestamp_seconds",
      "When storage was measured, since 1970.",
      one(timestamp(storage?.measured)),
    ),
    gauge(
      "liftlock_backup_timestamp_seconds",
      "When the driver last took a backup, since 1970; those of the host's own schedule are in its status.",
      perBackup(({ taken }) => timestamp(taken)),
    ),
    gauge(
      "liftlock_drill_passed",
      "Whether the last restore drill passed.",
      perBackup(({ drilled }) => drilled && Number(drilled.passed)),
    ),
    gauge(
      "liftlock_drill_timestamp_seconds",
      "When the last restore drill was, since 1970.",
      perBackup(({ drilled }) => timestamp(drilled?.at)),
    ),
  ].join("");
}

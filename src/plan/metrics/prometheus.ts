import type { Figures, Times } from "./figures.ts";

/** What images take up, as a clean-up measured it. */
export interface StorageFigure {
  /** Bytes. */
  used: number;
  limit: number;
  measured: Date;
}

/** What runs in an environment by its configuration. */
export interface PinnedFigure {
  environment: string;
  version: string;
  id: string;
}

type Labels = Readonly<Record<string, string>>;

/** One metric, with its values. */
interface Family {
  name: string;
  help: string;
  samples: (readonly [Labels, number | undefined])[];
}

const escaped = (text: string) =>
  text.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`));

function familyText({ name, help, samples }: Family): string {
  const lines = samples.flatMap(([labels, value]) => {
    if (value === undefined) return [];
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return [`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`];
  });
  return lines.length === 0
    ? ""
    : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

/**
 * The figures in Prometheus's text format, version 0.0.4. All are gauges over a window: the ledger forgets after a year, and a counter
 * that falls would look like one that began anew.
 */
export function prometheusText(
  figures: readonly Figures[],
  pinned: readonly PinnedFigure[],
  storage: StorageFigure | undefined,
): string {
  const each = (value: (of: Figures) => number | undefined, more: Labels = {}): Family["samples"] =>
    figures.map(
      (of) => [{ environment: of.environment, window: `${of.days}d`, ...more }, value(of)] as const,
    );
  const spread = (times: (of: Figures) => Times | undefined): Family["samples"] => [
    ...each((of) => times(of)?.median, { stat: "median" }),
    ...each((of) => times(of)?.p95, { stat: "p95" }),
  ];
  const families: Family[] = [
    {
      name: "liftlock_deployments",
      help: "Promotions and deployments that ended.",
      samples: [
        ...each((of) => of.deployments.completed, { status: "completed" }),
        ...each((of) => of.deployments.failed, { status: "failed" }),
        ...each((of) => of.deployments.rolledBack, { status: "rolled_back" }),
        ...each((of) => of.deployments.cancelled, { status: "cancelled" }),
      ],
    },
    {
      name: "liftlock_deployments_per_day",
      help: "Deployment frequency: completed ones a day.",
      samples: each((of) => of.frequency),
    },
    {
      name: "liftlock_deployment_success_ratio",
      help: "Completed of all that ended, without cancelled ones.",
      samples: each((of) => of.success),
    },
    {
      name: "liftlock_lead_time_seconds",
      help: "From a release's build until it was verified.",
      samples: spread((of) => of.leadTime),
    },
    {
      name: "liftlock_change_failure_ratio",
      help: "Changes that failed or were taken back, of all.",
      samples: each((of) => of.changeFailure),
    },
    {
      name: "liftlock_recovery_seconds",
      help: "From a failure until something verified ran again.",
      samples: spread((of) => of.recovery),
    },
    {
      name: "liftlock_rework_ratio",
      help: "Completed deployments that mended a failed one, of all.",
      samples: each((of) => of.rework),
    },
    {
      name: "liftlock_promotion_seconds",
      help: "How long completed promotions and deployments took.",
      samples: spread((of) => of.promotion),
    },
    { name: "liftlock_rollbacks", help: "Ways back that began.", samples: each((of) => of.rollbacks) },
    {
      name: "liftlock_release_info",
      help: "What runs, verified; always 1.",
      samples: pinned.map(
        ({ environment, version, id }) => [{ environment, version, release: id }, 1] as const,
      ),
    },
    {
      name: "liftlock_storage_bytes",
      help: "What images take up, as the last clean-up measured it.",
      samples: [[{}, storage?.used]],
    },
    {
      name: "liftlock_storage_limit_bytes",
      help: "What images may take up.",
      samples: [[{}, storage?.limit]],
    },
    {
      name: "liftlock_storage_ratio",
      help: "What images take up of what they may.",
      samples: [[{}, storage && storage.used / storage.limit]],
    },
    {
      name: "liftlock_storage_measured_timestamp_seconds",
      help: "When storage was measured, since 1970.",
      samples: [[{}, storage && storage.measured.getTime() / 1000]],
    },
  ];
  return families.map(familyText).join("");
}

import { releaseId } from "../release/release.ts";
import type { Entry, EntryOf } from "./entry.ts";

/** One update of the stack's history, as far as it bears on the journal. */
export interface HistoryUpdate {
  version: number;
  message: string;
  attempt?: number;
  /** Id of the release that the configuration pinned then. */
  release?: string;
  /** Id of the release that was being rolled out. */
  candidate?: string;
}

/** What a host records. Hosts that could not be read are left out by the caller, who says so. */
export interface HostRecord {
  host: string;
  /** 0: nothing was ever deployed. */
  attempt: number;
  /** Id of the release. */
  release?: string;
}

export type DiscrepancyKind =
  /** The journal says that a promotion was carried out; stack history has no such update. */
  | "updateMissing"
  /** Stack history has the update, with another release. */
  | "otherRelease"
  /** Stack history has an update that no entry announced. */
  | "unannounced"
  /** A host is behind the last promotion, or ran something that the journal does not know. */
  | "hostAttempt"
  /** A host has the right attempt with another release. */
  | "hostRelease";

/** The journal says one thing, stack history or a host another. */
export interface Discrepancy {
  kind: DiscrepancyKind;
  promotion?: string;
  attempt?: number;
  host?: string;
  message: string;
}

/** The journal held against its witnesses. */
export interface Comparison {
  /** Promotions that were compared with stack history. */
  promotions: number;
  /** Promotions that could not be: they are older than the history that was given. */
  beyondHistory: number;
  hosts: number;
  discrepancies: readonly Discrepancy[];
}

/** Steps that let an engine change the environment. */
const effective: readonly string[] = ["deploy", "revert"];

type CarriedOut = EntryOf<"ended"> & { attempt: number };

/** Promotions after which the environment ran what the journal says. */
const carriedOut = (entries: readonly Entry[]): CarriedOut[] =>
  entries.filter(
    (e): e is CarriedOut =>
      e.entry === "ended" &&
      (e.status === "Completed" || e.status === "RolledBack") &&
      e.attempt !== undefined,
  );

/** The release that the environment ran then; a rollback's entry names the release that failed. */
const ranAfter = (ended: CarriedOut): string | undefined =>
  ended.status === "Completed" && ended.release ? releaseId(ended.release) : undefined;

function compareUpdate(ended: CarriedOut, history: readonly HistoryUpdate[]): Discrepancy[] {
  const { promotion, attempt, status } = ended;
  const updates = history.filter((update) => update.attempt === attempt);
  if (updates.length === 0)
    return [
      {
        kind: "updateMissing",
        promotion,
        attempt,
        message: `the journal says ${status} with attempt ${attempt}; stack history has no update with it`,
      },
    ];
  const release = ranAfter(ended);
  if (release === undefined || updates.some((u) => u.release === release || u.candidate === release))
    return [];
  const found = updates.map((u) => u.candidate ?? u.release ?? "none").join(", ");
  return [
    {
      kind: "otherRelease",
      promotion,
      attempt,
      message: `the journal says ${status} with release ${release} in attempt ${attempt}; stack history has ${found}`,
    },
  ];
}

function compareUnannounced(entries: readonly Entry[], history: readonly HistoryUpdate[]): Discrepancy[] {
  const attempts = entries.flatMap((e) => ("attempt" in e && e.attempt !== undefined ? [e.attempt] : []));
  // What is older than the journal it cannot know.
  const first = Math.min(...attempts);
  return history.flatMap(({ attempt, version, message }): Discrepancy[] =>
    attempt === undefined || attempt < first || attempts.includes(attempt)
      ? []
      : [
          {
            kind: "unannounced",
            attempt,
            message: `update ${version} of stack history ("${message}") used attempt ${attempt}, which no entry announced`,
          },
        ],
  );
}

function compareHosts(entries: readonly Entry[], hosts: readonly HostRecord[]): Discrepancy[] {
  const last = carriedOut(entries).at(-1);
  if (!last) return [];
  const later = entries.slice(entries.indexOf(last) + 1);
  const touched = later.flatMap((e) =>
    e.entry === "intent" && effective.includes(e.step) && e.attempt !== undefined ? [e.attempt] : [],
  );
  // A promotion that failed on its way may have reached any host, or none.
  const newest = Math.max(last.attempt, ...touched);
  const release = ranAfter(last);
  return hosts.flatMap((host): Discrepancy[] => {
    const at = { host: host.host, promotion: last.promotion, attempt: last.attempt };
    if (host.attempt < last.attempt || host.attempt > newest)
      return [
        {
          ...at,
          kind: "hostAttempt",
          message: `the journal's last attempt is ${newest === last.attempt ? newest : `${last.attempt} to ${newest}`}; ${host.host} records attempt ${host.attempt}`,
        },
      ];
    if (
      host.attempt === last.attempt &&
      release !== undefined &&
      host.release !== undefined &&
      host.release !== release
    )
      return [
        {
          ...at,
          kind: "hostRelease",
          message: `the journal says release ${release} with attempt ${last.attempt}; ${host.host} records ${host.release}`,
        },
      ];
    return [];
  });
}

/**
 * Holds a journal against stack history and what the hosts record. Pure.
 * @param entries oldest first
 * @param history all of it, or its newest updates; promotions older than the oldest given one are counted, not judged
 * @param hosts those that could be read
 */
export function compareWithHistory(
  entries: readonly Entry[],
  history: readonly HistoryUpdate[],
  hosts: readonly HostRecord[],
): Comparison {
  const oldest = Math.min(...history.map((update) => update.version));
  const whole = history.length === 0 || oldest <= 1;
  const reach = whole ? 0 : Math.min(...history.flatMap((update) => update.attempt ?? []));
  const all = carriedOut(entries);
  const compared = all.filter((ended) => ended.attempt >= reach);
  return {
    promotions: compared.length,
    beyondHistory: all.length - compared.length,
    hosts: hosts.length,
    discrepancies: [
      ...compared.flatMap((ended) => compareUpdate(ended, history)),
      ...compareUnannounced(entries, history),
      ...compareHosts(entries, hosts),
    ],
  };
}

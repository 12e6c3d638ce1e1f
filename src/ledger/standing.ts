import type { Entry, EntryOf } from "./entry.ts";

/** What a journal holds in force until a person lifts it. */
export interface Standing {
  /** The emergency stop, if it is on. */
  stop?: EntryOf<"stop">;
  /** Vetoes that nobody lifted, oldest first, one a release. */
  vetoes: readonly EntryOf<"veto">[];
}

/** Reads what is in force from the entries of one environment, oldest first. */
export function standing(entries: readonly Entry[]): Standing {
  let stop: EntryOf<"stop"> | undefined;
  const vetoes = new Map<string, EntryOf<"veto">>();
  for (const entry of entries) {
    if (entry.entry === "stop") stop = entry;
    else if (entry.entry === "lifted") stop = undefined;
    else if (entry.entry === "veto") vetoes.set(entry.releaseId, entry);
    else if (entry.entry === "unveto") vetoes.delete(entry.releaseId);
  }
  return { ...(stop && { stop }), vetoes: [...vetoes.values()] };
}

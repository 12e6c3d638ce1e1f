import type { Entry } from "../ledger/entry.ts";
import type { StepTime } from "./messages.ts";

/** One line of what happened. */
export interface Moment {
  at: Date;
  /** Seconds since the promotion began; negative for what people did before. */
  since: number;
  what: string;
  /** Seconds. */
  took?: number;
  detail?: string;
  /** Who did it, where it was a person. */
  by?: string;
}

/** A moment that is still being put together. */
type Draft = Omit<Moment, "since"> & { promotion?: string; step?: string; over?: boolean };

const reasonText = (reason: { code: string; message: string } | undefined): string | undefined =>
  reason && `${reason.code}: ${reason.message}`;

/** What an entry that is not about a step says; nothing when it is not part of a promotion's course. */
function remark(entry: Entry): { what: string; detail: string | undefined } | undefined {
  switch (entry.entry) {
    case "started":
      return { what: "begun", detail: `${entry.kind} ${entry.release.version}` };
    case "ended":
      return { what: entry.status, detail: reasonText(entry.reason) };
    case "requested":
      return { what: "approval asked for", detail: entry.version };
    case "approval":
      return { what: entry.decision, detail: entry.why };
    case "override":
      return { what: `gate ${entry.gate} overridden`, detail: entry.why };
    case "veto":
      return { what: `${entry.version} vetoed`, detail: reasonText(entry.reason) };
    case "unveto":
      return { what: `veto of ${entry.version} lifted`, detail: entry.why };
    case "lock":
      return { what: "environment taken over", detail: `from ${entry.from.user}@${entry.from.machine}` };
    case "note":
      return { what: "note", detail: entry.text };
    case "intent":
    case "confirmed":
    case "failed":
    case "stop":
    case "lifted":
    case "tests":
    case "adopted":
    case "pruned":
    case "repaired":
      return undefined;
  }
}

const secondsBetween = (from: Date, to: Date) => Math.max(0, to.getTime() - from.getTime()) / 1000;

/** The journal's entries, each step as one moment from its intent to its end. */
function journaled(entries: readonly Entry[]): Draft[] {
  const drafts: Draft[] = [];
  for (const entry of entries) {
    const at = new Date(entry.time);
    if (entry.entry === "intent") {
      drafts.push({ at, what: entry.step, step: entry.step, promotion: entry.promotion });
      continue;
    }
    if (entry.entry === "confirmed" || entry.entry === "failed") {
      const step = drafts.findLast(
        (d) => d.step === entry.step && d.promotion === entry.promotion && !d.over,
      );
      if (!step) continue;
      Object.assign(step, { over: true, took: secondsBetween(step.at, at) });
      if (entry.entry === "failed") step.detail = `${entry.reason.code}: ${entry.reason.message}`;
      continue;
    }
    const said = remark(entry);
    const of = entry.entry === "started" && { promotion: entry.promotion };
    if (!said) continue;
    const { what, detail } = said;
    drafts.push({ at, by: entry.actor, what, ...of, ...(detail !== undefined && { detail }) });
  }
  return drafts;
}

/** Puts in what the driver timed: it is more exact, and there too where the journal could not be written. */
function timed(drafts: readonly Draft[], own: OwnCourse): Draft[] {
  const all = [...drafts];
  const mine = ({ promotion }: Draft) => promotion === own.promotion;
  const first = all.findIndex(mine);
  let place = first < 0 ? all.length : first;
  let at = own.began;
  for (const { name, seconds } of own.steps) {
    const found = all.findIndex((draft, i) => i >= place && draft.step === name && mine(draft));
    const known = all[found];
    if (known) known.took = seconds;
    else all.splice(place, 0, { at, what: name, took: seconds, over: true });
    place = (known ? found : place) + 1;
    at = new Date((known?.at ?? at).getTime() + seconds * 1000);
  }
  return all;
}

/** A promotion's own course, as its driver timed it. */
export interface OwnCourse {
  promotion: string;
  began: Date;
  steps: readonly StepTime[];
}

/**
 * What happened, oldest first: the steps with their times, and what people did in between.
 * @param entries of the promotion, and of what belongs to it: the one that it resumes, approvals asked for earlier
 */
export function timelineOf(entries: readonly Entry[], own: OwnCourse): Moment[] {
  const drafts = timed(journaled(entries), own);
  const start = drafts.find(({ what }) => what === "begun")?.at ?? own.began;
  const zero = Math.min(start.getTime(), own.began.getTime());
  return drafts.map(({ at, what, took, detail, by, step, over }): Moment => {
    const said = detail ?? (step !== undefined && !over ? "its end was not journaled" : undefined);
    return {
      at,
      since: (at.getTime() - zero) / 1000,
      what,
      ...(took !== undefined && { took }),
      ...(said !== undefined && { detail: said }),
      ...(by !== undefined && { by }),
    };
  });
}

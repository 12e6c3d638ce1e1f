import { z } from "zod";
import { Failure } from "../release/failure.ts";

/** A backup that was stored. */
export interface StoredBackup {
  /** The snapshot's name in the repository, or the beginning of it. */
  snapshot: string;
  at: Date;
  /** Bytes that were backed up. */
  bytes: number;
  /** Bytes of them that the repository did not have yet. */
  added: number;
  seconds: number;
}

/** What a host remembers of its backups. */
export interface BackupMemory {
  last?: StoredBackup;
  /** The last attempt, where it failed and none has succeeded since. */
  failure?: { at: Date; code: string; message: string };
  /** The last drill. */
  drilled?: { at: Date; snapshot: string; passed: boolean; message?: string };
}

/** A snapshot in the repository, and what is in it. */
export interface Snapshot {
  id: string;
  at: Date;
  /** Bytes of its files; absent where it does not say. */
  bytes?: number;
  /** Version of the release that ran. */
  release?: string;
  /** `service.name` */
  databases: string[];
  volumes: string[];
}

/** What a drill has proven of a snapshot. */
export interface DrillProof {
  snapshot: string;
  at: Date;
  /** Files that are what was backed up. */
  files: number;
  /** Databases that were restored, with the tables that are in them then. */
  databases: { service: string; name: string; tables: number }[];
  /** Archives of volumes, with how many files and directories are in them. */
  volumes: { name: string; entries: number }[];
  seconds: number;
}

/** A backup that was brought back into what runs. */
export interface Restored {
  snapshot: string;
  /** Snapshot of what was there before. */
  before: string;
  at: Date;
  /** Services that were stopped for it, and run again. */
  services: number;
  seconds: number;
}

/** Lines of the program of backups, `key value`. */
export type FactLines = readonly (readonly [string, string])[];

const wrongForm = (host: string) =>
  new Failure({
    code: "HostUnreachable",
    message: `expected facts of backups from ${host}, got lines of another form`,
    hint: "Another program may be answering; look at the host.",
  });

/** Values of the lines, by key; the last of each. */
export class Facts {
  private readonly host: string;
  private readonly values: ReadonlyMap<string, string>;

  constructor(host: string, lines: FactLines) {
    this.host = host;
    this.values = new Map(lines);
  }

  text(key: string): string {
    const value = this.values.get(key);
    if (value === undefined || value === "") throw wrongForm(this.host);
    return value;
  }

  number(key: string): number {
    const text = this.text(key);
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw wrongForm(this.host);
  }

  /** From seconds since 1970. */
  date(key: string): Date {
    return new Date(this.number(key) * 1000);
  }
}

/** Reads what taking a backup printed. @throws Failure `HostUnreachable` */
export const storedBackup = (facts: Facts): StoredBackup => ({
  snapshot: facts.text("snapshot"),
  at: facts.date("at"),
  bytes: facts.number("bytes"),
  added: facts.number("added"),
  seconds: facts.number("seconds"),
});

const timed = /^(\d{1,12}) (.*)$/s;

/** Reads `last …`, `failure …` and `drilled …` lines. @throws Failure `HostUnreachable` */
export function parseMemory(host: string, lines: FactLines): BackupMemory {
  const memory: BackupMemory = {};
  const last = lines.flatMap(([key, value]): [string, string][] => {
    if (key !== "last") return [];
    const space = value.indexOf(" ");
    return [[value.slice(0, space), value.slice(space + 1)]];
  });
  if (last.length > 0) memory.last = storedBackup(new Facts(host, last));
  for (const [key, value] of lines) {
    if (key !== "failure" && key !== "drilled") continue;
    const [, seconds, said = ""] = timed.exec(value) ?? [];
    if (seconds === undefined) throw wrongForm(host);
    const at = new Date(Number(seconds) * 1000);
    const [first = "", second = "", ...rest] = said.split(" ");
    if (key === "failure") memory.failure = { at, code: first, message: [second, ...rest].join(" ") };
    else if (second === "passed") memory.drilled = { at, snapshot: first, passed: true };
    else memory.drilled = { at, snapshot: first, passed: false, message: rest.join(" ") };
  }
  return memory;
}

const snapshotsSchema = z
  .array(
    z.looseObject({
      id: z.string().regex(/^[0-9a-f]{8,64}$/),
      time: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
      tags: z.array(z.string()).nullish(),
    }),
  )
  .nullable();

/** Reads what `restic snapshots --json` printed, newest first. @throws Failure `HostUnreachable` */
export function parseSnapshots(host: string, text: string): Snapshot[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongForm(host);
  }
  const parsed = snapshotsSchema.safeParse(value);
  if (!parsed.success) throw wrongForm(host);
  return (parsed.data ?? [])
    .map(({ id, time, tags }): Snapshot => {
      const tagged = (name: string) =>
        (tags ?? []).flatMap((tag) => (tag.startsWith(`${name}=`) ? [tag.slice(name.length + 1)] : []));
      const [bytes] = tagged("bytes").filter((found) => /^\d{1,15}$/.test(found));
      const [release] = tagged("release");
      return {
        id,
        at: new Date(time),
        ...(bytes !== undefined && { bytes: Number(bytes) }),
        ...(release !== undefined && { release }),
        databases: tagged("database"),
        volumes: tagged("volume"),
      };
    })
    .sort((a, b) => b.at.getTime() - a.at.getTime());
}

/** Reads what a drill printed. @throws Failure `HostUnreachable` */
export function parseProof(host: string, lines: FactLines): DrillProof {
  const facts = new Facts(host, lines);
  const counts = (key: string) =>
    lines
      .filter(([each]) => each === key)
      .map(([, value]) => {
        const words = value.split(" ");
        const count = Number(words.at(-1));
        if (!Number.isInteger(count)) throw wrongForm(host);
        return { words, count };
      });
  return {
    snapshot: facts.text("snapshot"),
    at: facts.date("at"),
    files: facts.number("files"),
    databases: counts("database").map(({ words: [service = "", name = ""], count }) => ({
      service,
      name,
      tables: count,
    })),
    volumes: counts("volume").map(({ words: [name = ""], count }) => ({ name, entries: count })),
    seconds: facts.number("seconds"),
  };
}

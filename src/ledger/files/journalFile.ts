import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { canonicalJson } from "../../release/canonical.ts";
import { type Checkpoint, checkpointSchema, type JournalText, verifyChain } from "../chain.ts";
import { type Entry, type EntryDraft, type EntryDrafts, type Link, linkSchema, origin } from "../entry.ts";
import { corrupted, demandIntact } from "../refusals.ts";
import { planRepair, type Repairer } from "../repair.ts";
import { hashLines, type SealedLines, sealAll, unseal } from "../seal.ts";
import { replaceDurably, replaceFile, syncDirectory, writeAll } from "./durable.ts";

/** The end of a journal, as far as an append needs it. */
interface Tail {
  /** The last whole line. */
  line: string | undefined;
  /** What follows the last newline. */
  torn: string;
  /** Bytes up to and with the last newline. */
  end: number;
}

/** Invalid UTF-8 was never written here; it must not turn into something that reads the same. */
const decode = (bytes: Buffer): string => {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : `\uFFFD${text}`;
};

/** Lines of a whole journal; the last element is what follows the last newline. */
function splitLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(decode(bytes.subarray(at, end === -1 ? undefined : end)));
    if (end === -1) return lines;
    at = end + 1;
  }
}

/** Bytes read from the end at first: more than an entry has. */
const tailLength = 65_536;

function readTail(descriptor: number, length = tailLength): Tail {
  const { size } = fstatSync(descriptor);
  const from = Math.max(0, size - length);
  const bytes = Buffer.alloc(size - from);
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(descriptor, bytes, at, bytes.length - at, from + at);
    if (count === 0) break;
    at += count;
  }
  const lines = splitLines(bytes);
  // The first of the lines may have lost its beginning.
  if (lines.length < 3 && from > 0) return readTail(descriptor, length * 4);
  const torn = bytes.length - (bytes.lastIndexOf(0x0a) + 1);
  return { line: lines.at(-2), torn: lines.at(-1) ?? "", end: size - torn };
}

function linkOf(line: string, environment: string): Link | undefined {
  const found = unseal(line, environment);
  return found.as === "sealed" ? found.link : undefined;
}

/** The small files beside a journal are written in one form only, so that every change to them is seen. */
function readRecord<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  try {
    const record = schema.parse(JSON.parse(text));
    return `${canonicalJson(record)}\n` === text ? record : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The journal of one environment as files: `journal.jsonl`, its last link in `journal.head`, the last cut of retention in
 * `journal.checkpoint`, and lines that a crash cut short in `journal.torn`. Writing is for the holder of the lock only.
 */
export class JournalFile {
  readonly file: string;
  private readonly directory: string;
  private readonly environment: string;
  private readonly headFile: string;
  private readonly checkpointFile: string;

  constructor(directory: string, environment: string) {
    this.directory = directory;
    this.environment = environment;
    this.file = join(directory, "journal.jsonl");
    this.headFile = join(directory, "journal.head");
    this.checkpointFile = join(directory, "journal.checkpoint");
  }

  /**
   * Everything as it lies there. The order of reading matters: a writer moves the head after the journal, and the checkpoint between
   * confirming and making a cut, so no writer at work makes a whole journal look damaged.
   */
  text(): JournalText {
    for (;;) {
      const head = this.head();
      const checkpoint = readRecord(this.checkpointFile, checkpointSchema);
      const lines = existsSync(this.file) ? splitLines(readFileSync(this.file)) : [""];
      if (readRecord(this.checkpointFile, checkpointSchema)?.seq !== checkpoint?.seq) continue;
      const torn = lines.pop();
      return {
        environment: this.environment,
        lines,
        ...(torn && { torn }),
        ...(head && { head }),
        ...(checkpoint && { checkpoint }),
      };
    }
  }

  private head(): Link | undefined {
    return readRecord(this.headFile, linkSchema);
  }

  /** Writes entries in one go, on disk when it returns the last of them. @throws Failure `LedgerCorrupted` */
  append(drafts: EntryDrafts): Entry {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const isNew = !existsSync(this.file);
    const descriptor = openSync(this.file, "a+", 0o600);
    try {
      const tail = readTail(descriptor);
      const { after, first } = this.join(tail, drafts[0]);
      const sealed = sealAll(after, this.environment, [...first, ...drafts]);
      if (tail.torn !== "") this.setAside(descriptor, tail);
      this.write(descriptor, tail.end, sealed);
      return sealed.last;
    } finally {
      closeSync(descriptor);
      if (isNew) syncDirectory(this.directory);
    }
  }

  /** The link to write behind, and what the ledger itself has to say first. */
  private join(tail: Tail, { time, actor }: EntryDraft): { after: Link; first: EntryDraft[] } {
    const head = this.head();
    const first: EntryDraft[] = [];
    const found = tail.line === undefined ? undefined : unseal(tail.line, this.environment);
    let after = origin;
    if (found?.as === "sealed") {
      after = found.link;
      // Equal but for a crash between entry and head.
      if (head?.seq !== after.seq || head.hash !== after.hash) this.demandIntact();
    } else if (tail.line !== undefined || (head?.seq ?? 0) > 0) {
      const { lines } = this.demandIntact();
      first.push({ entry: "adopted", time, actor, lines: lines.length, sha256: hashLines(lines) });
    } else if (existsSync(this.checkpointFile) || (!head && existsSync(this.headFile))) {
      throw corrupted(this.environment, this.file, "it is empty, but something was recorded of its end");
    }
    if (!existsSync(this.headFile)) replaceDurably(this.headFile, `${canonicalJson(origin)}\n`);
    if (tail.torn !== "")
      first.push({
        entry: "note",
        time,
        actor,
        text: `a line that was cut short before it was confirmed (${tail.torn.length} characters) was moved to journal.torn`,
      });
    return { after, first };
  }

  private demandIntact(): JournalText {
    const text = this.text();
    demandIntact(verifyChain(text), this.file);
    return text;
  }

  /** Goes on behind what is broken, without changing a line of it. @returns nothing when nothing is */
  repair(by: Repairer, now: Date): Entry | undefined {
    const plan = planRepair(this.text(), by, now);
    if (!plan) return undefined;
    const descriptor = openSync(this.file, "a+", 0o600);
    try {
      const tail = readTail(descriptor);
      if (tail.torn !== "") this.setAside(descriptor, tail);
      const sealed = sealAll(plan.after, this.environment, [plan.draft]);
      this.write(descriptor, tail.end, sealed);
      return sealed.last;
    } finally {
      closeSync(descriptor);
      syncDirectory(this.directory);
    }
  }

  private setAside(descriptor: number, tail: Tail): void {
    appendFileSync(join(this.directory, "journal.torn"), `${tail.torn}\n`, { mode: 0o600, flush: true });
    ftruncateSync(descriptor, tail.end);
  }

  private write(descriptor: number, end: number, { lines, last }: SealedLines): void {
    try {
      writeAll(descriptor, lines.map((line) => `${line}\n`).join(""));
      fsyncSync(descriptor);
      replaceFile(this.headFile, `${canonicalJson({ seq: last.seq, hash: last.hash })}\n`);
    } catch (error) {
      // What is reported as not written must not stand there.
      ftruncateSync(descriptor, end);
      throw error;
    }
  }

  /** Removes the lines up to a link that the journal confirmed. Each of the two files is whole at every instant. */
  cut(through: Link, prunedAt: string): void {
    const { lines, checkpoint } = this.text();
    const next: Checkpoint = {
      ...through,
      prunedAt,
      ...(checkpoint && { previous: { seq: checkpoint.seq, hash: checkpoint.hash } }),
    };
    replaceDurably(this.checkpointFile, `${canonicalJson(next)}\n`);
    // By place where it can be found: among lines that a repair covers, numbers say nothing.
    const last = lines.findIndex((line) => linkOf(line, this.environment)?.hash === through.hash);
    const kept = lines.filter((line, index) => {
      const link = linkOf(line, this.environment);
      return link !== undefined && link.seq > through.seq && index > last;
    });
    replaceDurably(this.file, kept.map((line) => `${line}\n`).join(""));
  }
}

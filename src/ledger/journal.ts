import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import { releaseSchema } from "../release/release.ts";

const reason = z.object({ code: z.string(), message: z.string() });

/** One line of the journal. */
export const entrySchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  /** The promotion's correlation id. */
  promotion: z.string(),
  environment: z.string(),
  kind: z.enum(["deploy", "promote", "rollback", "resume"]),
  /** Who: user@machine. */
  actor: z.string(),
  /** `started` and `ended` bound a promotion; `intent` stands before a step, `confirmed` and `failed` after it. */
  entry: z.enum(["started", "intent", "confirmed", "failed", "ended"]),
  step: z.string().optional(),
  /** Attempt that this promotion, or this step, uses. */
  attempt: z.number().int().optional(),
  release: releaseSchema.optional(),
  previous: releaseSchema.optional(),
  status: z.string().optional(),
  reason: reason.optional(),
  /** Duration of the step or promotion. */
  seconds: z.number().optional(),
});

export type Entry = z.output<typeof entrySchema>;

/** The journal of one environment: append-only, one JSON line an entry, on disk before the step that it announces. */
export class Journal {
  private readonly file: string;

  constructor(directory: string, environment: string) {
    this.file = join(directory, environment, "journal.jsonl");
  }

  /** @throws Failure `LedgerUnavailable`: what cannot be announced is not done */
  append(entry: Entry): void {
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      const descriptor = openSync(this.file, "a+", 0o600);
      try {
        const last = Buffer.alloc(1, "\n");
        const { size } = fstatSync(descriptor);
        if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
        // A line cut short by a crash must not swallow this one.
        writeSync(descriptor, `${last.toString() === "\n" ? "" : "\n"}${JSON.stringify(entry)}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (cause) {
      throw new Failure({
        code: "LedgerUnavailable",
        message: `the journal ${this.file} could not be written: ${String(cause)}`,
        cause,
      });
    }
  }

  /** Oldest first. A last line cut short by a crash is left out. */
  read(): Entry[] {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, "utf8")
      .split("\n")
      .filter(Boolean)
      .flatMap((line) => {
        try {
          return [entrySchema.parse(JSON.parse(line))];
        } catch {
          return [];
        }
      });
  }

  /** Promotions that were started and never ended, oldest first. */
  openPromotions(): string[] {
    const entries = this.read();
    const ended = new Set(entries.filter((e) => e.entry === "ended").map((e) => e.promotion));
    return entries.filter((e) => e.entry === "started" && !ended.has(e.promotion)).map((e) => e.promotion);
  }

  /** First entry of the newest promotion that never ended. */
  open(): Entry | undefined {
    const newest = this.openPromotions().at(-1);
    return newest === undefined
      ? undefined
      : this.read().find((e) => e.promotion === newest && e.entry === "started");
  }
}

import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Holder, holderSchema, isDead } from "../holder.ts";
import { corrupted } from "../refusals.ts";
import { replaceDurably, replaceFile } from "./durable.ts";

/** A holder as the file tells, and how old its last renewal is. */
export interface FoundHolder {
  holder: Holder;
  /** False: the lease is to be had. */
  alive: boolean;
}

/** The lease of one environment as files: `lease.json` and the counter `fence`. Writing is for the holder of the lock only. */
export class LeaseFile {
  private readonly file: string;
  private readonly fenceFile: string;
  private readonly environment: string;
  private readonly time: number;

  /** @param time milliseconds for which a lease holds without renewal */
  constructor(directory: string, environment: string, time: number) {
    this.file = join(directory, "lease.json");
    this.fenceFile = join(directory, "fence");
    this.environment = environment;
    this.time = time;
  }

  /** @param now by the file system's clock where it counts: machines that share it need not agree on the time */
  find(now: Date): FoundHolder | undefined {
    try {
      const holder = holderSchema.parse(JSON.parse(readFileSync(this.file, "utf8")));
      const age = Math.abs(now.getTime() - statSync(this.file).mtimeMs);
      return { holder, alive: age <= this.time && !isDead(holder) };
    } catch {
      // None, or one that a loss of power emptied: then its holder is gone too.
      return undefined;
    }
  }

  write(holder: Holder): void {
    replaceFile(this.file, JSON.stringify(holder));
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  /** The highest fencing number that was ever given; 0 = none. @throws Failure `LedgerCorrupted` */
  fence(): number {
    if (!existsSync(this.fenceFile)) return 0;
    const text = readFileSync(this.fenceFile, "utf8");
    if (/^[1-9][0-9]{0,14}\n$/.test(text)) return Number(text);
    throw corrupted(
      this.environment,
      this.fenceFile,
      `it should hold a number, not ${JSON.stringify(text.slice(0, 40))}`,
    );
  }

  /** On disk before the lease is: a number is never given twice. */
  raise(fence: number): void {
    replaceDurably(this.fenceFile, `${fence}\n`);
  }
}

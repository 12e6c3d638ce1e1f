import { randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../release/failure.ts";

const holderSchema = z.object({
  id: z.string(),
  user: z.string(),
  machine: z.string(),
  pid: z.number(),
  /** When the process started, in the kernel's ticks: a pid alone is soon another process. */
  born: z.string(),
  promotion: z.string(),
  /** ISO 8601. */
  since: z.string(),
  renewed: z.string(),
});

/** Who holds an environment. */
export type Holder = z.output<typeof holderSchema>;

/** A lease that was not renewed for so long has expired. Milliseconds. */
export const leaseTime = 60_000;

/** Start time of a process; empty where the system does not tell. */
function born(pid: number): string {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
}

function alive(holder: Holder, now: Date): boolean {
  if (now.getTime() - Date.parse(holder.renewed) > leaseTime) return false;
  if (holder.machine !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return born(holder.pid) === holder.born;
}

const describe = (holder: Holder) =>
  `${holder.user}@${holder.machine} (pid ${holder.pid}) since ${holder.since}`;

/**
 * Moves a dead holder's lease out of the way. Another taker may be faster: then the lease is gone, or a fresh one was moved,
 * which is given back.
 */
function setAside(file: string, aside: string, dead: Holder | undefined): Holder | undefined {
  try {
    renameSync(file, aside);
  } catch {
    return undefined;
  }
  const moved = read(aside);
  if (moved && moved.id !== dead?.id && !existsSync(file)) linkSync(aside, file);
  rmSync(aside, { force: true });
  return moved;
}

function read(file: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** The right to change one environment, held by one process at a time. */
export class Lease implements Disposable {
  private readonly file: string;
  private readonly holder: Holder;
  private readonly timer: NodeJS.Timeout;
  /** Who held it before without giving it back. */
  readonly abandoned: Holder | undefined;

  private constructor(file: string, holder: Holder, abandoned: Holder | undefined) {
    this.file = file;
    this.holder = holder;
    this.abandoned = abandoned;
    this.timer = setInterval(() => this.renew(), leaseTime / 6);
    this.timer.unref();
  }

  private static file(directory: string, environment: string): string {
    return join(directory, environment, "lease.json");
  }

  /** Who holds the environment now, if anybody does. */
  static current(directory: string, environment: string, now = new Date()): Holder | undefined {
    const holder = read(Lease.file(directory, environment));
    return holder && alive(holder, now) ? holder : undefined;
  }

  /** @throws Failure `PromotionInProgress` naming the holder */
  static acquire(directory: string, environment: string, promotion: string, now = new Date()): Lease {
    const file = Lease.file(directory, environment);
    mkdirSync(join(directory, environment), { recursive: true, mode: 0o700 });
    const time = now.toISOString();
    const holder: Holder = {
      id: randomUUID(),
      user: userInfo().username,
      machine: hostname(),
      pid: process.pid,
      born: born(process.pid),
      promotion,
      since: time,
      renewed: time,
    };
    const draft = `${file}.${holder.id}`;
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
    try {
      let abandoned: Holder | undefined;
      // Linking fails when the lease exists: exactly one of several takers wins.
      for (;;) {
        try {
          linkSync(draft, file);
          return new Lease(file, holder, abandoned);
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
        }
        const other = read(file);
        if (other && alive(other, now))
          throw new Failure({
            code: "PromotionInProgress",
            message: `${environment} is held by ${describe(other)}, promotion ${other.promotion}`,
            hint: `Wait for it, or look: liftlock status ${environment}`,
          });
        abandoned = setAside(file, `${file}.${holder.id}.old`, other) ?? abandoned;
      }
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** True while nobody has taken the lease over. */
  get held(): boolean {
    return read(this.file)?.id === this.holder.id;
  }

  private renew(): void {
    if (!this.held) return;
    const draft = `${this.file}.${this.holder.id}`;
    writeFileSync(draft, JSON.stringify({ ...this.holder, renewed: new Date().toISOString() }), {
      mode: 0o600,
    });
    renameSync(draft, this.file);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    if (this.held) rmSync(this.file, { force: true });
  }
}

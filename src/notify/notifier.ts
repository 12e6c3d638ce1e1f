import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "./attempt.ts";
import { type Channel, type Outcome, tooLate } from "./channel.ts";
import type { Notification, Transition } from "./notification.ts";

/** What was told already, kept over the end of a process: a promotion that is resumed tells nothing twice. */
export interface Delivered {
  has: (key: string) => boolean | Promise<boolean>;
  add: (key: string) => void | Promise<void>;
}

/** What became of one telling. */
export interface DeliveryReport {
  channel: string;
  promotion: string;
  transition: Transition;
  delivered: boolean;
  tries: number;
  /** Why it was not delivered, or what fell short. Holds no secret. */
  problem?: string;
}

/** How hard it is tried; milliseconds. */
export interface Effort {
  /** Default 3. */
  tries: number;
  /** For one try; default 5 s. */
  timeout: number;
  /** Before the second try, doubled before each further one, with jitter; default 500 ms. */
  backoff: number;
  /** The longest that the other side may ask us to wait (`Retry-After`); default 30 s. Beyond it we give up. */
  patience: number;
}

const usual: Effort = { tries: 3, timeout: 5_000, backoff: 500, patience: 30_000 };

/** The same for every try, run and machine: promotion, transition and channel. 64 hexadecimal digits. */
export const deliveryKey = ({ promotion, transition }: Notification, channel: string): string =>
  createHash("sha256").update([promotion, transition, channel].join("\n")).digest("hex");

/**
 * Tells people, in the background: `send` neither waits nor throws, `flush` waits at the end, for a bounded time. Each channel hears of
 * things in their order, so one that hangs delays only itself.
 */
export class Notifier {
  private readonly channels: readonly Channel[];
  private readonly delivered: Delivered;
  private readonly effort: Effort;
  private readonly taken = new Set<string>();
  private readonly queues = new Map<string, Promise<void>>();
  private readonly over = new AbortController();
  private readonly reports: DeliveryReport[] = [];

  constructor(channels: readonly Channel[], delivered: Delivered, effort: Partial<Effort> = {}) {
    this.channels = channels;
    this.delivered = delivered;
    this.effort = { ...usual, ...effort };
  }

  /** Tells every channel that wants to hear of it, once. Returns at once; what fails is in the reports of `flush`. */
  send(notification: Notification): void {
    for (const channel of this.channels) {
      const key = deliveryKey(notification, channel.name);
      if (this.taken.has(key) || !channel.wants(notification)) continue;
      this.taken.add(key);
      const before = this.queues.get(channel.name) ?? Promise.resolve();
      this.queues.set(
        channel.name,
        before.then(() => this.tell(channel, notification, key)),
      );
    }
  }

  /**
   * Waits until everything is told, at most so long. What is not told by then is given up and reported as such, and nothing is told any
   * more.
   * @param deadline milliseconds; default 10 s
   * @returns what became of every telling since the last flush; what an earlier run had told is left out
   */
  async flush(deadline = 10_000): Promise<DeliveryReport[]> {
    const timer = setTimeout(() => this.over.abort(), deadline);
    await Promise.all(this.queues.values());
    clearTimeout(timer);
    return this.reports.splice(0);
  }

  private async tell(channel: Channel, notification: Notification, key: string): Promise<void> {
    // A record that cannot be read keeps nobody from being told: twice is better than never.
    const told = await attempt(() => this.delivered.has(key), this.over.signal);
    if (told?.value === true) return;
    const { promotion, transition } = notification;
    const { outcome, tries } = await this.persist(() => this.try(channel, notification, key));
    const { delivered } = outcome;
    const recorded = delivered ? await attempt(() => this.delivered.add(key), this.over.signal) : undefined;
    const problem =
      outcome.problem ?? (recorded === undefined ? "not recorded: it may be told again" : undefined);
    this.reports.push({
      channel: channel.name,
      promotion,
      transition,
      delivered,
      tries,
      ...(problem !== undefined && { problem }),
    });
  }

  /** Tries until it works, as often as makes sense. */
  private async persist(action: () => Promise<Outcome>): Promise<{ outcome: Outcome; tries: number }> {
    const { signal } = this.over;
    let outcome: Outcome = { delivered: false, problem: "no time was left", again: true };
    for (let tries = 0; ; ) {
      if (signal.aborted) return { outcome, tries };
      outcome = await action();
      tries++;
      const wait = outcome.delivered ? undefined : this.waitBefore(tries, outcome);
      if (wait === undefined) return { outcome, tries };
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Milliseconds before the next try; nothing when there is none. */
  private waitBefore(tries: number, failed: Outcome & { delivered: false }): number | undefined {
    const { backoff, patience } = this.effort;
    const { again, after } = failed;
    if (!again || tries >= this.effort.tries || (after ?? 0) > patience) return undefined;
    return after ?? backoff * 2 ** (tries - 1) * (0.5 + Math.random());
  }

  private async try(channel: Channel, notification: Notification, key: string): Promise<Outcome> {
    const signal = AbortSignal.any([this.over.signal, AbortSignal.timeout(this.effort.timeout)]);
    const outcome = await attempt(() => channel.deliver(notification, key, signal), signal);
    if (outcome !== undefined) return outcome.value;
    return signal.aborted ? tooLate : { delivered: false, problem: "a defect of this program", again: false };
  }
}

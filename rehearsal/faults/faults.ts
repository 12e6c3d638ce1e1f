/**
 * Faults on purpose: rules that a test (or a person, over the world's control address) gives to a part of the
 * rehearsal world, each used for the next matching requests and then forgotten.
 */

/** The parts of the world that ask whether they shall fail. */
export type Part = "acme" | "digitalocean" | "github" | "registry" | "host" | "storage";

/** What a part does instead of, or before, answering. Times are in milliseconds. */
export type FaultAction =
  /** The connection is closed before anything is answered. */
  | { kind: "refuse" }
  /** Served as usual, but later. */
  | { kind: "delay"; milliseconds: number }
  /** An HTTP status (or, for a command on a host, an exit code) instead of the work. */
  | { kind: "status"; status: number; retryAfterSeconds?: number; body?: unknown; message?: string }
  /** The connection is destroyed in the middle of the answer, or of the running command. */
  | { kind: "drop"; afterMilliseconds?: number }
  /**
   * The work is done, but the answer is another: JSON bodies are merged with `patch`, texts replaced by `text`; of HTTP parts also `headers`,
   * `null` takes one away.
   */
  | { kind: "lie"; patch?: unknown; text?: string; headers?: Record<string, string | null> };

export interface FaultRule {
  part: Part;
  /**
   * A regular expression over what is asked: `GET /v2/droplets/7` for HTTP parts; for hosts
   * `<droplet name> connect`, `<droplet name> exec <first line of the command>` and
   * `<droplet name> docker <arguments>`. `PUT /bucket/key` for the object storage.
   */
  match: string;
  action: FaultAction;
  /** How many matching requests it serves; default 1. `"always"` until cleared. */
  times?: number | "always";
  /** How many matching requests pass unharmed first; default 0. */
  skip?: number;
}

interface Armed {
  rule: FaultRule;
  pattern: RegExp;
  left: number;
  skip: number;
}

/** The rules in force. One instance serves the whole world. */
export class Faults {
  private armed: Armed[] = [];
  private taken: { part: Part; subject: string; action: FaultAction }[] = [];

  add(rule: FaultRule): void {
    const left = rule.times === "always" ? Number.POSITIVE_INFINITY : (rule.times ?? 1);
    this.armed.push({ rule, pattern: new RegExp(rule.match), left, skip: rule.skip ?? 0 });
  }

  /** Removes every rule, or those of one part. */
  clear(part?: Part): void {
    this.armed = this.armed.filter((a) => part !== undefined && a.rule.part !== part);
  }

  /** The action for this request, if a rule asks for one; a rule is used up by being taken. */
  take(part: Part, subject: string): FaultAction | undefined {
    const hit = this.armed.find((a) => a.rule.part === part && a.left > 0 && a.pattern.test(subject));
    if (!hit) return undefined;
    if (hit.skip > 0) {
      hit.skip -= 1;
      return undefined;
    }
    hit.left -= 1;
    this.taken.push({ part, subject, action: hit.rule.action });
    return hit.rule.action;
  }

  /** What was made to fail so far, oldest first: lets a test prove that its fault really struck. */
  get history(): readonly { part: Part; subject: string; action: FaultAction }[] {
    return this.taken;
  }
}

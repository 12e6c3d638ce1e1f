/** The droplets behind a load balancer: which of them are healthy, and whose turn it is. */
import type { HealthCheck, Plan } from "./plan.ts";

/** A droplet as the balancer sees it. */
export interface Candidate {
  id: number;
  address: string;
  /** Switched on. */
  on: boolean;
}

export interface Member extends Candidate {
  healthy: boolean;
  /** Connections or requests under way. */
  current: number;
  /** Checks in a row that spoke against the verdict. */
  against: number;
}

export class Members {
  private readonly candidates: () => readonly Candidate[];
  private readonly known = new Map<number, Member>();
  private last = 0;

  /** @param candidates the droplets that are meant right now */
  constructor(candidates: () => readonly Candidate[]) {
    this.candidates = candidates;
  }

  /** Everyone that is meant. A new one is not healthy before checks have said so. */
  all(): Member[] {
    return this.candidates().map((candidate) => {
      const known = this.known.get(candidate.id);
      const member = Object.assign(known ?? { healthy: false, current: 0, against: 0 }, candidate);
      this.known.set(candidate.id, member);
      return member;
    });
  }

  judge(member: Member, passed: boolean, check: Pick<HealthCheck, "healthy" | "unhealthy">): void {
    member.against = passed === member.healthy ? 0 : member.against + 1;
    if (member.against < (member.healthy ? check.unhealthy : check.healthy)) return;
    member.healthy = !member.healthy;
    member.against = 0;
  }

  /** Whose turn it is, without those that were tried already. */
  next(algorithm: Plan["algorithm"], tried: ReadonlySet<number>): Member | undefined {
    const usable = this.all().filter(({ id, on, healthy }) => on && healthy && !tried.has(id));
    if (usable.length === 0) return undefined;
    this.last += 1;
    const turn = usable[this.last % usable.length];
    if (algorithm === "round_robin" || !turn) return turn;
    return usable.reduce((least, member) => (member.current < least.current ? member : least), turn);
  }
}

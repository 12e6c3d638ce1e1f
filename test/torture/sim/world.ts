import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import type { Pin } from "../../../src/automation/ports.ts";
import type { ContainerFacts, HostFacts } from "../../../src/plan/facts.ts";
import { type Release, releaseId } from "../../../src/release/release.ts";
import { container, release } from "../../releases.ts";
import type { Behaviour } from "../schedule.ts";
import { MemoryStore } from "./ledger.ts";

/** A value that must never be seen: every failure of the world has it in its message. */
export const secret = "S3CRET-of-the-world";

export const services = ["api", "web"];

/** Releases of the story: two verified in production before, the one that is promoted, and the competitor's. */
export const releases = {
  oldest: release("1.0.0"),
  running: release("1.1.0"),
  coming: release("1.2.0"),
  other: release("1.3.0"),
} as const;

/** One host: what its script records, and what it runs. */
export class SimHost {
  readonly name: string;
  attempt = 1;
  phase = "deployed";
  release: Release = releases.running;
  private runs: Release = releases.running;
  private readonly world: SimWorld;

  constructor(world: SimWorld, name: string) {
    this.world = world;
    this.name = name;
  }

  /**
   * What the host's script does. An attempt older than the last one is refused.
   * @param whole false: it is cut off in the middle
   * @returns the script's exit status
   */
  deploy(release: Release, attempt: number, whole: boolean): number {
    if (attempt < this.attempt) return 75;
    this.attempt = attempt;
    this.release = release;
    this.phase = "deploying";
    if (!whole) return 255;
    const behaviour = this.world.behaviourOf(release);
    if (behaviour !== "neverCame") this.runs = release;
    if (behaviour === "crashes" || behaviour === "unhealthy") return 73;
    this.phase = "deployed";
    return 0;
  }

  get healthy(): boolean {
    return this.world.behaviourOf(this.runs) === "good";
  }

  /** Digests of the running services equal the release's. */
  serves(release: Release): boolean {
    return releaseId(this.runs) === releaseId(release);
  }

  observe(): HostFacts {
    const behaviour = this.world.behaviourOf(this.runs);
    const change: Partial<ContainerFacts> =
      behaviour === "crashes"
        ? { status: "exited", exitCode: 1, health: undefined }
        : behaviour === "unhealthy"
          ? { health: "unhealthy" }
          : {};
    return {
      host: this.name,
      attempt: this.attempt,
      phase: this.phase,
      release: this.release,
      files: {},
      containers: services.map((service) => container(service, this.runs, change)),
    };
  }
}

/** What the engine keeps of an environment. */
interface SimStack {
  deployed: { id: string; attempt: number; mode: "forward" | "revert"; release: Release };
  /** Oldest first. */
  updates: { pin: Pin; succeeded: boolean }[];
  /** The driver whose engine is at work. */
  lock: number | undefined;
}

const pinned = (release: Release, attempt: number): Pin => ({
  release,
  candidate: undefined,
  rollout: { attempt, mode: "forward" },
});

/** Production and staging, hosts, engine, registry and ledger, in memory. */
export class SimWorld {
  readonly hosts: SimHost[];
  readonly stack: SimStack;
  readonly ledger: MemoryStore;
  /** `Pulumi.production.yaml` of each checkout. */
  readonly checkouts = new Map<string, Pin>();
  /** Where the tag `main` points to. */
  main: Release = releases.running;
  /** What was given up by a driver and is still under way. */
  readonly late: (() => void)[] = [];
  readonly dead = new Set<number>();
  /** Versions that were pinned before every host served them. */
  readonly unverified: string[] = [];
  /** Milliseconds since 1970. */
  clock = Date.parse("2026-03-01T12:00:00Z");
  private readonly coming: Behaviour;

  constructor(behaviour: Behaviour, hosts: number) {
    this.coming = behaviour;
    this.hosts = Array.from({ length: hosts }, (_, i) => new SimHost(this, `shop-production-${i + 1}`));
    this.checkouts.set("a", pinned(releases.running, 1));
    this.checkouts.set("b", pinned(releases.running, 1));
    this.ledger = new MemoryStore(this);
    this.stack = {
      deployed: { id: releaseId(releases.running), attempt: 1, mode: "forward", release: releases.running },
      updates: [
        { pin: pinned(releases.oldest, 0), succeeded: true },
        { pin: pinned(releases.running, 1), succeeded: true },
      ],
      lock: undefined,
    };
  }

  behaviourOf(release: Release): Behaviour {
    return releaseId(release) === releaseId(releases.coming) ? this.coming : "good";
  }

  /** Every host serves this release, healthy. */
  serves(release: Release): boolean {
    return this.hosts.every((host) => host.serves(release) && host.healthy);
  }

  /** A checkout's configuration is written. What it pins must have been verified: it serves everywhere, healthy. */
  write(checkout: string, next: Pin): void {
    const now = this.checkouts.get(checkout);
    const moved = next.release && now?.release && releaseId(next.release) !== releaseId(now.release);
    if (moved && next.release && !this.serves(next.release)) this.unverified.push(next.release.version);
    this.checkouts.set(checkout, next);
  }

  /** Newest first, as the engine gives them back. */
  history(): UpdateSummary[] {
    return this.stack.updates
      .map(({ pin, succeeded }, i) => ({
        kind: "update" as const,
        startTime: new Date(this.clock),
        message: "",
        environment: {},
        config: {
          ...(pin.release && { "liftlock:release": { value: JSON.stringify(pin.release) } }),
          ...(pin.candidate && { "liftlock:candidate": { value: JSON.stringify(pin.candidate) } }),
          "liftlock:rollout": { value: JSON.stringify(pin.rollout) },
        },
        result: succeeded ? ("succeeded" as const) : ("failed" as const),
        endTime: new Date(this.clock),
        version: i + 1,
      }))
      .reverse();
  }

  /** What drivers that gave up have left behind comes to its end. */
  settle(): void {
    for (const act of this.late.splice(0))
      try {
        act();
      } catch {
        // Nobody waits for its answer any more: what is refused now is refused to nobody.
      }
  }
}

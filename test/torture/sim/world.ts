import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import type { Pin } from "../../../src/automation/ports.ts";
import type { Measurement } from "../../../src/hosts/measurement.ts";
import type { Answers } from "../../../src/plan/analysis.ts";
import type { ContainerFacts, HostFacts, Slot } from "../../../src/plan/facts.ts";
import { type Release, releaseId } from "../../../src/release/release.ts";
import { container, release } from "../../releases.ts";
import type { Behaviour, StrategyName } from "../schedule.ts";
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

/** One host: what its scripts record, and what it runs. */
export class SimHost {
  readonly name: string;
  attempt = 1;
  phase = "deployed";
  release: Release = releases.running;
  private runs: Release = releases.running;
  /** Behind an edge: what was started beside it, and the share of the requests that this gets. */
  private beside: { runs: Release; traffic: number } | undefined;
  private readonly world: SimWorld;

  constructor(world: SimWorld, name: string) {
    this.world = world;
    this.name = name;
  }

  /** @returns the exit status of a script that may not go on; 0: it may, and its attempt is recorded */
  private begin(release: Release, attempt: number, whole: boolean): number {
    if (attempt < this.attempt) return 75;
    this.attempt = attempt;
    this.release = release;
    this.phase = "deploying";
    return whole ? 0 : 255;
  }

  /** What runs once a host has started it. */
  private started(release: Release): { runs: Release; status: number } {
    const behaviour = this.world.behaviourOf(release);
    const runs = behaviour === "neverCame" ? this.runs : release;
    return { runs, status: behaviour === "crashes" || behaviour === "unhealthy" ? 73 : 0 };
  }

  /**
   * What the host's script does in place. An attempt older than the last one is refused.
   * @param whole false: it is cut off in the middle
   * @returns the script's exit status
   */
  deploy(release: Release, attempt: number, whole: boolean): number {
    const begun = this.begin(release, attempt, whole);
    if (begun !== 0) return begun;
    const { runs, status } = this.started(release);
    this.runs = runs;
    if (status === 0) this.phase = "deployed";
    return status;
  }

  /** What `slot.sh` does: it starts the release beside the one that serves, unless that is it. */
  prepare(release: Release, attempt: number, whole: boolean): number {
    const begun = this.begin(release, attempt, whole);
    if (begun !== 0) return begun;
    const { runs, status } = this.started(release);
    if (!this.holds(release)) this.beside = { runs, traffic: 0 };
    if (status === 0) this.phase = "ready";
    return status;
  }

  /** What `switch.sh` does: it gives the prepared release its share of the requests. */
  shift(release: Release, attempt: number, traffic: number): number {
    if (attempt !== this.attempt) return 77;
    if (this.phase === "deploying") return 73;
    if (traffic < 100 && this.beside) {
      this.beside.traffic = traffic;
      this.phase = "shifting";
      return 0;
    }
    if (this.beside && !this.holds(release)) this.runs = this.beside.runs;
    this.beside = undefined;
    this.phase = "deployed";
    return 0;
  }

  /** The slot that serves has exactly this release already. */
  private holds(release: Release): boolean {
    return releaseId(this.runs) === releaseId(release);
  }

  /** Everything that gets requests answers them well. */
  get healthy(): boolean {
    const asked = this.beside && this.beside.traffic > 0 ? [this.runs, this.beside.runs] : [this.runs];
    return asked.every((release) => this.world.behaviourOf(release) === "good");
  }

  /** Digests of the running services equal the release's, for all requests. */
  serves(release: Release): boolean {
    return releaseId(this.runs) === releaseId(release) && !(this.beside && this.beside.traffic > 0);
  }

  /** Some of its requests go to this release. */
  shows(release: Release): boolean {
    const { beside } = this;
    return (
      this.holds(release) ||
      (beside !== undefined && beside.traffic > 0 && releaseId(beside.runs) === releaseId(release))
    );
  }

  private containersOf(runs: Release, slot?: Slot): ContainerFacts[] {
    const behaviour = this.world.behaviourOf(runs);
    const change: Partial<ContainerFacts> =
      behaviour === "crashes"
        ? { status: "exited", exitCode: 1, health: undefined }
        : behaviour === "unhealthy"
          ? { health: "unhealthy" }
          : {};
    return services.map((service) => container(service, runs, { ...change, slot }));
  }

  observe(): HostFacts {
    const facts = {
      host: this.name,
      attempt: this.attempt,
      phase: this.phase,
      release: this.release,
      files: {},
    };
    if (this.world.strategy === "recreate") return { ...facts, containers: this.containersOf(this.runs) };
    const beside = this.beside ? this.containersOf(this.beside.runs, "green") : [];
    return {
      ...facts,
      slots: { serving: "blue", last: this.beside ? "green" : "blue" },
      edge: [],
      containers: [...this.containersOf(this.runs, "blue"), ...beside],
    };
  }

  /** What its edge has counted since it was asked last: enough of everything that gets requests. */
  measure(): Measurement {
    const answers = (release: Release | undefined): Answers => {
      const bad = release !== undefined && this.world.behaviourOf(release) !== "good";
      const requests = release === undefined ? 0 : 100;
      return { requests, errors: bad ? requests : 0, latency: new Map([[10, requests]]) };
    };
    const canary = this.beside && this.beside.traffic > 0 ? this.beside.runs : undefined;
    return { place: 0, answers: { blue: answers(this.runs), green: answers(canary) } };
  }
}

/** What the engine keeps of an environment. */
interface SimStack {
  deployed: { id: string; attempt: number; mode: "forward" | "revert"; release: Release };
  /** Oldest first. */
  updates: { pin: Pin; succeeded: boolean }[];
  /** The driver whose engine is at work. */
  lock: number | undefined;
  /** What each script last did to its end, by resource: with the same input it does not run again. */
  readonly applied: Map<string, string>;
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
  /** Stages that began although what was there already did not work, by version. */
  readonly unwatched: string[] = [];
  readonly strategy: StrategyName;
  private readonly coming: Behaviour;

  constructor(behaviour: Behaviour, hosts: number, strategy: StrategyName = "recreate") {
    this.coming = behaviour;
    this.strategy = strategy;
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
      applied: new Map(),
    };
  }

  behaviourOf(release: Release): Behaviour {
    return releaseId(release) === releaseId(releases.coming) ? this.coming : "good";
  }

  /** Every host serves this release, healthy. */
  serves(release: Release): boolean {
    return this.hosts.every((host) => host.serves(release) && host.healthy);
  }

  /** A further stage of an attempt begins: wherever the release gets requests already, it has to work, and to be what it says. */
  furtherStage(release: Release, attempt: number): void {
    const there = this.hosts.filter(
      (host) => host.attempt === attempt && ["shifting", "deployed"].includes(host.phase),
    );
    if (there.some((host) => !host.healthy || !host.shows(release))) this.unwatched.push(release.version);
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

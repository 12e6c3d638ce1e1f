import type { TrafficKind } from "../../rehearsal/registry/traffic.ts";
import type { StepTime } from "../../src/automation/messages.ts";
import type { GateVerdict } from "../../src/plan/gates/gate.ts";

/** What a promotion asked of the registry, by the registry's own log. */
export interface RegistryFigures {
  /** Blobs that hosts fetched, by the step that was under way; steps in which they fetched none are left out. */
  fetched: Record<string, number>;
  /** The driver's requests to the release's services while it checks the images; tokens are left out. */
  verifying: number;
  /** The driver's part of the copy step. */
  copy: {
    /** Requests by kind; tokens are left out. */
    requests: Partial<Record<TrafficKind, number>>;
    /** Requests to the release's services. */
    perService: number;
    /** Of these, what neither brings a blob nor puts a manifest: no registry takes two of those in one request. */
    asking: number;
    /** Of blobs that went through the driver, either way. A mounted blob moves none. */
    layerBytes: number;
  };
}

/** One promotion and one deployment by the bare script, measured one right after the other. Seconds. */
export interface Round {
  promotion: {
    seconds: number;
    /** Of these, the driver's own. */
    own: number;
    steps: StepTime[];
    /** SSH sessions that logged in during the promotion, by production host. */
    sessions: number[];
    /** What its gates said. */
    gates: Pick<GateVerdict, "gate" | "status">[];
    /** What its steps said they found, by step. */
    details: Record<string, string>;
    registry: RegistryFigures;
  };
  bare: number;
}

/** What was measured with one number of production hosts. Medians over the rounds; seconds. */
export interface FleetFigures {
  hosts: number;
  rounds: Round[];
  promotion: number;
  bare: number;
  /** Median promotion to median bare script. */
  ratio: number;
  /** The driver's own part of a promotion, 0 to 1. */
  overhead: number;
  sessions: { most: number; typical: number };
  /** `inUpdate` and `layerBytes`: the most of any round. */
  registry: {
    ahead: number;
    inUpdate: number;
    copySeconds: number;
    verifying: number;
    perService: number;
    asking: number;
    layerBytes: number;
  };
}

/** What one bad release did to the public, and how soon it was known and gone. Seconds. */
export interface RecoveryCase {
  name: string;
  /** Why the driver went back. */
  code: string;
  /** Probes from the promotion's beginning to its end. */
  probes: number;
  failing: number;
  /** First to last failing probe. */
  outage: number;
  /** First failing probe to the driver's `step.failed`. */
  detection: number;
  /** First failing probe to the first probe of each endpoint from which on none failed. */
  recovery: number;
  /** The engine's update of the way back. */
  update: number;
  /** 2 × (probe interval × failures needed) + update. */
  bound: number;
  holds: boolean;
  /** First time a container ended by itself to the driver's `step.failed`; absent when none did. */
  exitKnown?: number;
  /** Update, diagnosis, and the way back. */
  steps: StepTime[];
}

/** Detection and recovery of bad releases. */
export interface RecoveryFigures {
  /** Milliseconds between two probes of an endpoint, and how many endpoints are asked. */
  probes: { interval: number; endpoints: number };
  /** The containers' health check: seconds between two, and how many must fail. */
  check: { interval: number; retries: number };
  /** Seconds a service may take to become healthy. */
  timeout: number;
  cases: RecoveryCase[];
}

/** Seconds of the engine alone, each a median. */
export interface EngineFigures {
  /** Preview of 15 resources that do not exist yet. */
  preview15: number;
  /** Update of 15 resources that are as they should be. */
  noop15: number;
  /** Update of 100 resources that are as they should be. */
  noop100: number;
  /** Two calls of its command line that the driver waits for in every promotion, while it gathers facts. */
  commands: { version: number; output: number };
}

/** Middle value; of an even number, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((below ?? Number.NaN) + (above ?? Number.NaN)) / 2;
}

/** Three decimals: the clock is finer than the measurement. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const isCopy = ({ name }: StepTime) => name === "copy";

/** Draws the figures of one number of hosts from its rounds. */
export function summarise(hosts: number, rounds: Round[]): FleetFigures {
  const promotion = median(rounds.map((round) => round.promotion.seconds));
  const bare = median(rounds.map((round) => round.bare));
  const sessions = rounds.flatMap((round) => round.promotion.sessions);
  const registries = rounds.map((round) => round.promotion.registry);
  return {
    hosts,
    rounds,
    promotion,
    bare,
    ratio: promotion / bare,
    overhead: median(rounds.map(({ promotion: { own, seconds } }) => own / seconds)),
    sessions: { most: Math.max(...sessions), typical: median(sessions) },
    registry: {
      ahead: median(registries.map(({ fetched }) => fetched["images"] ?? 0)),
      inUpdate: Math.max(...registries.map(({ fetched }) => fetched["deploy"] ?? 0)),
      copySeconds: median(
        rounds.flatMap((round) => round.promotion.steps.filter(isCopy).map(({ seconds }) => seconds)),
      ),
      verifying: median(registries.map(({ verifying }) => verifying)),
      perService: median(registries.map(({ copy }) => copy.perService)),
      asking: median(registries.map(({ copy }) => copy.asking)),
      layerBytes: Math.max(...registries.map(({ copy }) => copy.layerBytes)),
    },
  };
}

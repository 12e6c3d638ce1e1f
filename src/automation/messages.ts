import type { GateVerdict, Override } from "../plan/gates/gate.ts";
import type { Reason, Status } from "../plan/promotion.ts";

/** A release, as messages name it. */
export interface ReleaseName {
  id: string;
  version: string;
}

/** A step's name and its times in seconds. */
export interface StepTime {
  name: string;
  seconds: number;
  /** Of these, spent by the driver itself: neither the engine's preview or update nor work on hosts. */
  own: number;
}

/** What failed, in the words of the host. Secrets are masked. */
export interface FailureReport {
  host: string;
  service: string;
  exitCode?: number;
  /** Last answer of the health check, or of the public endpoint. */
  probe?: string;
  /** Last log lines of the container. */
  log: string[];
}

/** How a promotion ended. A failed one has the same shape as a completed one, plus the reasons. */
export interface PromotionResult {
  promotion: string;
  kind: "deploy" | "promote" | "rollback" | "resume";
  environment: string;
  status: Status;
  release: ReleaseName;
  previous?: ReleaseName;
  attempt: number;
  reason?: Reason;
  /** Why the way back failed. */
  backReason?: Reason;
  /** What did not succeed without changing how it ended. */
  remark?: Reason;
  /** Gates that a person went on in spite of. */
  overridden?: Override[];
  /** What the environment runs now, verified. */
  runs?: ReleaseName;
  /** Hosts whose digests were read back and equal the pin. */
  hosts: number;
  seconds: number;
  /** From the first failure to healthy again. */
  recoverySeconds?: number;
  /** A signal ended it early. */
  interrupted?: true;
  steps: StepTime[];
  reports: FailureReport[];
  /** What a person has to do now, in order, where nothing goes by itself any more; commands to type. */
  instructions?: string[];
  /** Path of the incident report within the project, where there is one. */
  incident?: string;
}

/** One thing that differs from what the stack says. */
export interface Difference {
  /**
   * `state`: of the stack itself; `cloud` and `github`: found by refreshing the stack's resources there, and by asking GitHub when its
   * secrets were written; `host`: read back from a host; `registry`: of the images that run, held against the trust policy.
   */
  where: "state" | "cloud" | "github" | "host" | "registry";
  resource: string;
  /** What differs. */
  what: string;
}

export interface DriftReport {
  environment: string;
  differences: Difference[];
  /** Resources of the stack, hosts and images that were looked at. */
  looked: { resources: number; hosts: number; images: number };
}

/** What was done about drift, and what is left of it: the report is of the look afterwards. */
export interface SettledDrift extends DriftReport {
  action: "corrected" | "accepted";
  /** What differed before. */
  before: Difference[];
  /** How putting it right ended; absent when it was accepted, or there was nothing to do. */
  result?: PromotionResult;
}

/** Every message of the driver: its code and what it carries. */
export interface MessagePayloads {
  /** The engine that will be used, once it is known. `from` is its executable. */
  "engine.chosen": { kind: "official" | "rehearsal"; version: string; from: string };
  /** No fitting engine was found: this version is being installed. */
  "engine.installing": { version: string };
  /** The ledger lies on this machine only: other machines see neither the journal nor who holds an environment. */
  "ledger.local": { directory: string };
  /** What every gate said, before anything is touched; `summary` has those worth a line. */
  "gates.judged": { gates: GateVerdict[]; summary: string };
  /** A promotion, a deployment, a way back or its resumption begins. `source` is there for promotions; `hosts` are the environment's. */
  "promotion.started": {
    promotion: string;
    kind: PromotionResult["kind"];
    environment: string;
    source?: string;
    release: ReleaseName & { commit: string; images: number };
    previous?: ReleaseName;
    hosts: number;
  };
  /** A step begins; on the way back `target` is the release that is gone back to. */
  "step.started": { step: string; target?: ReleaseName };
  /** A step was done; `detail` says what was found, and is empty when there was nothing to do. */
  "step.finished": { step: string; seconds: number; detail: string };
  /** A step failed. What follows from it are the next steps, or the end. */
  "step.failed": { step: string; seconds: number; reason: Reason };
  /** A host begins its part of the running deployment. */
  "host.started": { host: string };
  /** The host has done its part of the running deployment. */
  "host.finished": { host: string; seconds: number };
  /** The host has not done its part of the running deployment. */
  "host.failed": { host: string; seconds: number };
  /** What failed on a host, in its own words; one a service. */
  "failure.report": FailureReport;
  /** How it ended; the last message of every promotion, deployment, way back or resumption that began. */
  "promotion.finished": PromotionResult;
  /** What `resume` found, and what it does about it: `nothing`, `withdraw`, `finish` or `revert`. */
  "resume.planned": { action: string; reason: string };
  /** A clean-up deletes so many of the versions that a threshold (per cent) lets go; `done` of them were before. */
  "cleanup.deleting": { of: "staging" | "production"; threshold: number; done: number; versions: number };
  /** A signal came: the step under way ends first. */
  interrupted: { signal: string };
  /** Something that people should know and that stops nothing. */
  warning: { message: string };
}

export type MessageCode = keyof MessagePayloads;

export type Message = { [C in MessageCode]: { code: C; payload: MessagePayloads[C] } }[MessageCode];

/** Where the driver's messages go; it never prints itself. */
export type Notify = (message: Message) => void;

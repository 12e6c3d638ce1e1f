/** What a job stands in, what it comes to, and what stands in for somebody's action. */
import type { Masks } from "./masks.ts";
import type { Annotation } from "./steps/commands.ts";

export type Outcome = "success" | "failure" | "cancelled" | "skipped";

/** What a step came to. */
export interface StepResult {
  outputs: Record<string, string>;
  /** Before `continue-on-error` counts. */
  outcome: Outcome;
  conclusion: Outcome;
}

/** What a stand-in for somebody's action gets. */
export interface Use {
  inputs: Readonly<Record<string, string>>;
  job: JobSurroundings;
  environment: Readonly<Record<string, string>>;
  log: (line: string) => void;
}

/** Does what an action does here; its outputs, if it has any. Throws ActionsRefusal where it fails. */
export type StandIn = (use: Use) => Promise<Record<string, string>> | Record<string, string>;

/** What a job stands in. */
export interface JobSurroundings {
  run: { id: number; headSha: string };
  /** The checkout. */
  workspace: string;
  /** `runner.temp`. */
  temporary: string;
  token: string;
  canPush: boolean;
  /** Of the machine: PATH and what the world is reached by. */
  machine: Readonly<Record<string, string>>;
  masks: Masks;
  /** Milliseconds that a minute of a timeout lasts. */
  minute: number;
  /** By `owner/name@commit`. */
  uses: ReadonlyMap<string, StandIn>;
  cancelled: AbortSignal;
}

/** What a job came to. */
export interface JobResult {
  result: Outcome;
  outputs: Record<string, string>;
  log: string[];
  /** Lines in which a mask had something to hide: somebody printed what nobody may see. */
  hidden: number;
  annotations: Annotation[];
  summary: string;
  steps: Readonly<Record<string, StepResult>>;
  /** In order, with what each came to. */
  course: { name: string; outcome: Outcome }[];
}

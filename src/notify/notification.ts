/** Every change of a promotion, or of an environment, that people are told of. */
export const transitions = [
  "started",
  "pending",
  "cancelled",
  "completed",
  "failed",
  "rolledBack",
  "rollbackIncomplete",
  "rollbackFailed",
  "drift",
  "storage",
  "backup",
] as const;

export type Transition = (typeof transitions)[number];

/** A release, as people name it. */
export interface NamedRelease {
  id: string;
  version: string;
}

/** What people are told. Its texts are masked already: no secret is in it. */
export interface Notification {
  /** Name of the application: one place may hear of several. */
  app: string;
  /** The promotion's id; for `drift`, `storage` and `backup`, the id of the check. Together with the transition it is told once. */
  promotion: string;
  transition: Transition;
  environment: string;
  release: NamedRelease;
  /** What ran before, or runs again after a way back; the release itself where it runs although its promotion failed. */
  previous?: NamedRelease;
  /** Login or user@machine. */
  who: string;
  why?: { code: string; message: string };
  /** The next command to type. */
  next?: string;
  /** A page with more; https. */
  link?: string;
  at: Date;
}

const emergencies: readonly Transition[] = ["rollbackFailed", "rollbackIncomplete"];

/**
 * After these a person has to come at once: the way back failed, there was none, or it may not begin by itself once more
 * (`RateLimited`; a refusal for that reason touches nothing and is not told).
 */
export const emergencyCodes: readonly string[] = [
  "NoRollbackTarget",
  "RateLimited",
  "RollbackFailed",
  "RollbackIncomplete",
];

/** Whether a person has to come at once: the way back failed, or there was none. */
export const isEmergency = ({ transition, why }: Notification): boolean =>
  emergencies.includes(transition) || (transition === "failed" && emergencyCodes.includes(why?.code ?? ""));

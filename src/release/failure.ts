/**
 * The one error type. Every failure that a person may see is a `Failure` with a code of this closed list.
 * Message grammar: what was expected, what was found, where. `hint` is the next command to type.
 */

/** Every code, with what it means; the reference page is generated from this table. */
export const failureCodes = {
  // bad input (exit 2)
  UsageInvalid: "The command line does not fit the command.",
  ConfigInvalid: "The stack configuration is not of the documented shape.",
  EnvironmentVariables: "The environment's variables and the compose file do not fit together.",
  StackUnknown: "No such environment: no stack, or no Pulumi.<stack>.yaml.",
  VersionUnknown: "No release of this version is known.",
  PassphraseMissing: "The stack's secrets cannot be read: no passphrase, or a wrong one.",
  TokenMissing: "A cloud token that the stack needs is not set.",
  ReleaseInvalid: "A release file or value is not of the documented shape.",
  EngineUnavailable: "No usable Pulumi CLI was found and none could be installed.",
  // refused before anything was touched (exit 3)
  NothingToPromote: "The source environment runs no verified release, or the target already runs it.",
  PromotionInProgress: "Another promotion holds this environment.",
  PromotionInterrupted: "An earlier promotion was interrupted and must be finished or reverted first.",
  UnsafeChange: "The preview would replace or delete something stateful.",
  PolicyViolated: "The update would break a rule of the infrastructure's policy.",
  StalePin: "The pin of this checkout is older than what the environment runs.",
  Drifted: "The environment does not run what its pin says.",
  Vetoed: "The release failed in this environment before and is vetoed there.",
  SoakTooShort: "The release has not run long enough in the source environment.",
  FreezeWindow: "The environment is frozen at this time.",
  RateLimited: "Too many promotions or rollbacks within the limit's time.",
  ConcurrencyLimited: "As many deployments are under way as may be.",
  Stopped: "An emergency stop is in force: only rollbacks may deploy.",
  WayBackMissing: "There is no proven way back from this release.",
  ApprovalPending: "The promotion waits for approval.",
  ApprovalDenied: "A person who may approve denied the promotion.",
  ApprovalExpired: "Nobody approved the promotion in time.",
  ApprovalVoid: "What was approved has changed since.",
  CleanupRefused: "Clean-up could not prove what must stay, so nothing was deleted.",
  // failed, production untouched (exit 1)
  TestsFailed: "The release's tests failed, or their result is unknown.",
  ImageMissing: "The registry does not serve an image of the release.",
  ImageTooLarge: "An image is larger than the limit.",
  ImageCorrupted:
    "An image's manifest, configuration or layers do not match their digests or are incomplete.",
  InvalidMetadata: "An image's labels or platform are missing, malformed, or not the release's.",
  InvalidSignature: "No trusted key or identity signed exactly this digest.",
  InvalidProvenance: "An image was not built from the expected repository, workflow and commit.",
  SecurityBlocked: "A security report has an open finding at or above the blocking severity, or is missing.",
  RegistryUnavailable: "The registry does not answer.",
  CopyFailed: "An image could not be copied to the target's repository.",
  RegistryUpdateFailed: "A tag could not be set.",
  ConfigChanged: "The stack's configuration was edited after it was previewed.",
  PreviewFailed: "The engine could not preview the update.",
  HostUnreachable: "A host does not answer over SSH.",
  GitHubUnavailable: "GitHub's API does not answer.",
  GitHubRefused: "GitHub refused a request: a missing permission, or something that is not there.",
  LedgerUnavailable: "The journal could not be written.",
  LedgerCorrupted: "An entry of the journal was edited, dropped or reordered.",
  LeaseLost: "Another driver took the environment over; this one may not go on.",
  // failed while deploying (reverted: exit 4)
  PullFailed: "A host could not pull an image.",
  ComposeInvalid: "A host's compose refused the compose file.",
  MigrationFailed: "The migrator ended with an error.",
  StartFailed: "A service ended or kept restarting after its start.",
  Unhealthy: "A service runs but did not become healthy.",
  EndpointFailed: "A public endpoint does not answer as it should.",
  SmokeFailed: "A new release, started beside the old one, did not answer as it should.",
  EdgeInvalid: "The edge of a host refuses its configuration.",
  EdgeMissing: "A host has no edge, or it does not answer.",
  CertificateClientMissing: "A host has no program that asks an authority for its edge's certificate.",
  ClusterFailed: "The hosts do not form the cluster that they should.",
  AnalysisFailed: "A canary answers worse than the release that it would replace.",
  AnalysisInconclusive: "There were too few answers of a canary to judge it.",
  DigestMismatch: "A host runs another digest than the pin says.",
  HostBusy: "Another deployment held the host's lock for too long.",
  Superseded: "A newer attempt overtook this one on the host.",
  EngineFailed: "The engine ended before the update was complete.",
  Interrupted: "The promotion was interrupted by a signal.",
  DeadlineExceeded: "An operation took longer than its limit.",
  // the way back
  NoRollbackTarget: "No earlier verified release is there to go back to.",
  RollbackIncomplete: "The way back was taken, but the environment is not healthy.",
  RollbackFailed: "No earlier release could be started.",
  // backups
  BackupFailed: "A backup could not be taken or read.",
  BackupMissing: "No backups are configured, or there is none yet.",
  DrillFailed: "A backup does not restore.",
  RestoreFailed: "A backup could not be brought back into what runs.",
  // results of looking
  DriftFound: "Live resources or hosts differ from the stack.",
  Unexpected: "A defect of this program.",
} as const;

export type FailureCode = keyof typeof failureCodes;

export interface FailureDetails {
  code: FailureCode;
  /** What was expected, what was found, where. */
  message: string;
  /** The next command to type, or what to change. */
  hint?: string;
  cause?: unknown;
  /** Who can mend it; default by code: bad input is the user's. */
  fault?: "user" | "environment" | "ours";
}

export class Failure extends Error {
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly fault: "user" | "environment" | "ours";

  constructor(details: FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "Failure";
    this.code = details.code;
    this.hint = details.hint;
    this.fault = details.fault ?? (details.code === "Unexpected" ? "ours" : "environment");
  }
}

/** Anything thrown, as a `Failure`; what is not one already is `Unexpected` and ours. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  // What went wrong first is told, not what went wrong while tidying up after it.
  if (thrown instanceof SuppressedError) return asFailure(thrown.suppressed);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure({ code: "Unexpected", message, cause: thrown, fault: "ours" });
}

/** What kind of run: the words of Pulumi's history. */
export type OperationKind = "update" | "preview" | "refresh" | "destroy";

/** What the command line asks of a run. */
export interface OperationOptions {
  readonly kind: OperationKind;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly message: string;
  readonly execKind: string;
  readonly expectNoChanges: boolean;
  /** Read resources back before anything else. */
  readonly refresh: boolean;
  readonly clearPendingCreates: boolean;
  readonly replace: readonly string[];
  readonly suppressOutputs: boolean;
  /** Address of a program inside the Automation API's process. */
  readonly client?: string;
  readonly eventLog?: string;
}

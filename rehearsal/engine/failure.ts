/** Why the engine stopped. Each code is explained in SPEC.md. */
export type FailureCode =
  | "usage"
  | "unsupported"
  | "project"
  | "config"
  | "passphrase"
  | "state"
  | "foreign-backend"
  | "not-loopback"
  | "no-stack-selected"
  | "stack-not-found"
  | "stack-exists"
  | "stack-locked"
  | "resource"
  | "provider"
  | "aborted"
  | "cancelled"
  | "failed"
  | "changes-found";

/** The engine's one kind of error; the message is what a person reads on stderr. */
export class EngineError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}

/** Says that something exists in Pulumi but not here, instead of leaving it out silently. */
export function unsupported(what: string): EngineError {
  return new EngineError("unsupported", `${what} is not supported by the rehearsal engine`);
}

/** True for the error that only says "an earlier failure stopped everything", which is already reported. */
export function isAborted(error: unknown): boolean {
  return error instanceof EngineError && error.code === "aborted";
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Exit code of the process for a failure, as the CLI the SDK belongs to has it
 * (`pkg/cmd/pulumi/cmd/exit_codes.go`); 255 is an error nobody foresaw.
 */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof EngineError)) return 255;
  switch (error.code) {
    case "usage":
      return 2;
    case "no-stack-selected":
    case "stack-not-found":
      return 6;
    case "changes-found":
      return 7;
    default:
      return 1;
  }
}

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

const EXIT_CODES: Readonly<Partial<Record<FailureCode, number>>> = {
  usage: 2,
  "no-stack-selected": 6,
  "stack-not-found": 6,
  "changes-found": 7,
};

/**
 * Exit code of the process for a failure, as the CLI the SDK belongs to has it
 * (`pkg/cmd/pulumi/cmd/exit_codes.go`); 255 is an error nobody foresaw.
 */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof EngineError)) return 255;
  return EXIT_CODES[error.code] ?? 1;
}

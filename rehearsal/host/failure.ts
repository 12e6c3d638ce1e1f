/** What goes wrong with simulated hosts themselves, as opposed to on them. */

/** Why a simulated host could not do what the platform was asked for. */
export type HostFailureCode =
  /** An address of the subnet cannot be bound on this machine. */
  | "AddressUnavailable"
  /** Every address of the subnet is taken. */
  | "AddressesExhausted"
  /** The machine lacks a program that every simulated host needs. */
  | "ProgramMissing"
  /** No host has this number or name. */
  | "HostUnknown"
  /** A host with this number exists already. */
  | "HostExists";

/** An error of the platform; what fails *on* a host is an exit status there, never an exception here. */
export class HostFailure extends Error {
  readonly code: HostFailureCode;
  /** What to do next. */
  readonly hint: string | undefined;
  readonly fault: "user" | "environment" | "ours";

  constructor(
    code: HostFailureCode,
    message: string,
    details: { hint?: string; fault?: "user" | "environment" | "ours"; cause?: unknown } = {},
  ) {
    super(details.hint === undefined ? message : `${message}\n${details.hint}`, { cause: details.cause });
    this.name = "HostFailure";
    this.code = code;
    this.hint = details.hint;
    this.fault = details.fault ?? "environment";
  }
}

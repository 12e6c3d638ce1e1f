/** What goes wrong with container hosts themselves, as opposed to on them. */

/** Why the platform could not do what it was asked for. */
export type ContainerFailureCode =
  /** The container engine does not answer. */
  | "EngineUnreachable"
  /** The container engine answered a request with an error. */
  | "EngineRefused"
  /** The root file system could not be built. */
  | "RootFileSystemUnbuildable"
  /** The cached root file system is not what was put there. */
  | "RootFileSystemCorrupted"
  /** No network of the private range is free. */
  | "NetworkUnavailable"
  /** A host's disk could not be made or mounted. */
  | "DiskUnavailable"
  /** A host did not answer SSH in time. */
  | "BootTimedOut"
  /** No host has this number or name. */
  | "HostUnknown"
  /** A host with this number exists already. */
  | "HostExists"
  /** Something could not be done to a host's network. */
  | "LinkUnchangeable"
  /** A container cannot have this fault. */
  | "FaultUnsupported";

/** An error of the platform; what fails *on* a host is an exit status there, never an exception here. */
export class ContainerFailure extends Error {
  readonly code: ContainerFailureCode;
  /** What to do next. */
  readonly hint: string | undefined;
  readonly fault: "user" | "environment" | "ours";

  constructor(
    code: ContainerFailureCode,
    message: string,
    details: { hint?: string; fault?: "user" | "environment" | "ours"; cause?: unknown } = {},
  ) {
    super(details.hint === undefined ? message : `${message}\n${details.hint}`, { cause: details.cause });
    this.name = "ContainerFailure";
    this.code = code;
    this.hint = details.hint;
    this.fault = details.fault ?? "environment";
  }
}

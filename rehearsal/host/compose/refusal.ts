/** Failures of compose, with its exit codes. https://github.com/docker/compose/blob/v2.26.1/pkg/compose/errors.go */
import { CommandFailure } from "../docker/call.ts";

/** The files cannot be read as a project. */
export function invalid(message: string): CommandFailure {
  return new CommandFailure(15, message);
}

/** A file that was named is not there. */
export function fileMissing(message: string): CommandFailure {
  return new CommandFailure(14, message);
}

/** An image cannot be fetched. */
export function pullFailed(message: string): CommandFailure {
  return new CommandFailure(18, message);
}

/** Anything else. */
export function failed(message: string): CommandFailure {
  return new CommandFailure(1, message);
}

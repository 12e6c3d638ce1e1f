/** Errors in the shape of the OCI distribution specification 1.1, "Error Codes". */
import { Refusal } from "../http/exchange.ts";

/** The specification's codes that this registry uses. */
export type ErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

/** The body of an error. */
export function errorOf(code: ErrorCode, message: string, detail?: unknown): unknown {
  return { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] };
}

/** To be thrown: answers with this error. */
export function refuse(
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal({ status, json: errorOf(code, message), headers });
}

/** Body for errors that only have a status: faults, and paths that do not exist. */
export function errorBody(status: number, message: string): unknown {
  if (status === 401) return errorOf("UNAUTHORIZED", message);
  if (status === 403) return errorOf("DENIED", message);
  if (status === 429) return errorOf("TOOMANYREQUESTS", message);
  return errorOf("UNSUPPORTED", message);
}

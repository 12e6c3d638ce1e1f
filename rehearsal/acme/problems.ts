/** What an authority answers when it refuses (RFC 7807, RFC 8555 section 6.7). */
import { Refusal } from "../http/exchange.ts";

/** Kinds of errors, as the registry of RFC 8555 (section 9.7.4) names them. */
export type ProblemType =
  | "accountDoesNotExist"
  | "badCSR"
  | "badNonce"
  | "badSignatureAlgorithm"
  | "connection"
  | "dns"
  | "malformed"
  | "orderNotReady"
  | "rateLimited"
  | "rejectedIdentifier"
  | "serverInternal"
  | "unauthorized"
  | "unsupportedIdentifier"
  | "userActionRequired";

export interface Problem {
  type: string;
  detail: string;
  status: number;
}

const statuses: Partial<Record<ProblemType, number>> = {
  connection: 400,
  orderNotReady: 403,
  rateLimited: 429,
  serverInternal: 500,
  unauthorized: 403,
  userActionRequired: 403,
};

/** A problem document. */
export const problem = (type: ProblemType, detail: string): Problem => ({
  type: `urn:ietf:params:acme:error:${type}`,
  detail,
  status: statuses[type] ?? 400,
});

/** Refuses a request. */
export function refusal(
  type: ProblemType,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const json = problem(type, detail);
  return new Refusal({
    status: json.status,
    json,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

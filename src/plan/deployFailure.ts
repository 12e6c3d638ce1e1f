import type { FailureCode } from "../release/failure.ts";
import { type HostReading, wasRead } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { Reason } from "./promotion.ts";

/** Exit statuses of `infra/host/lib.sh` and what they mean. */
const statuses: Readonly<Record<number, FailureCode>> = {
  70: "PullFailed",
  71: "ComposeInvalid",
  72: "MigrationFailed",
  73: "StartFailed",
  75: "StalePin",
  76: "HostBusy",
  77: "Superseded",
  78: "EdgeMissing",
  79: "SmokeFailed",
  80: "EdgeInvalid",
  81: "ClusterFailed",
  82: "CertificateClientMissing",
};

/** An update's failure on one resource, as the engine's events tell it. */
export interface ResourceFailure {
  /** Resource name: `deploy-shop-production-1`. */
  resource: string;
  /** The engine's message. It may hold the whole script: never shown, only read. */
  message: string;
}

/** The exit status of a failed script, if the message names one. */
export const exitStatus = (message: string): number | undefined => {
  const found = /exited with status (\d+)/i.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The line that a script wrote for people: `liftlock: StalePin: …`. */
const spoken = (message: string): string | undefined => /^liftlock: \w+: (.+)$/m.exec(message)?.[1];

const place = (resource: string) => resource.replace(/^(?:deploy|switch)-/, "");

/** One resource's failure in our words. Text of the engine is used only where it cannot hold a script. */
export function classify(failure: ResourceFailure): Reason {
  const status = exitStatus(failure.message);
  const at = place(failure.resource);
  const code = status === undefined ? undefined : statuses[status];
  if (code !== undefined)
    return { code, message: `${at}: ${spoken(failure.message) ?? `the script ended with ${status}`}` };
  if (status !== undefined) return { code: "StartFailed", message: `${at}: the script ended with ${status}` };
  if (
    /failed attempts|dial|connection|ssh|econnreset|epipe|etimedout|ehostunreach|reset by peer|no route|handshake|without exit status|i\/o timeout|refused/i.test(
      failure.message,
    ) &&
    !/https?:/.test(failure.message)
  )
    return {
      code: "HostUnreachable",
      message: `${at}: the host did not answer over SSH, or the connection was lost`,
    };
  return { code: "EngineFailed", message: `${at}: ${failure.message.split("\n")[0]?.slice(0, 300) ?? ""}` };
}

/** The order in which several failures are told: the first is the one that names the promotion's failure. */
const weight: readonly FailureCode[] = [
  "StalePin",
  "Superseded",
  "HostBusy",
  "MigrationFailed",
  "ComposeInvalid",
  "PullFailed",
  "StartFailed",
  "SmokeFailed",
  "Unhealthy",
  "DigestMismatch",
  "EdgeInvalid",
  "EdgeMissing",
  "CertificateClientMissing",
  "ClusterFailed",
  "HostUnreachable",
];

const rank = ({ code }: Pick<Reason, "code">) => {
  const at = weight.indexOf(code);
  return at < 0 ? weight.length : at;
};

/** The most telling first; of equals the one that came first. */
export const byGravity = <T extends Pick<Reason, "code">>(reasons: readonly T[]): T[] =>
  reasons.toSorted((a, b) => rank(a) - rank(b));

/** The most telling of several reasons. */
export const gravest = (reasons: readonly Reason[]): Reason | undefined => byGravity(reasons)[0];

/**
 * Refines "not every service became healthy" by what the hosts show: a service that exited is `StartFailed`, one that runs
 * but does not answer is `Unhealthy`.
 */
export function refine(reason: Reason, findings: readonly Finding[]): Reason {
  if (reason.code !== "StartFailed") return reason;
  const seen = gravest(
    findings.filter((f) => f.code === "StartFailed" || f.code === "Unhealthy").filter((f) => f.container),
  );
  return seen ? { code: seen.code, message: seen.message } : reason;
}

/** Whether any host may have changed. A host that cannot be read counts as changed. */
export const anyTouched = (readings: readonly HostReading[], attempt: number): boolean =>
  readings.length === 0 || readings.some((reading) => !wasRead(reading) || reading.attempt >= attempt);

import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../release/failure.ts";
import { type Release, referencesOf } from "../release/release.ts";
import type { TrustAnchors } from "./anchors.ts";
import { trustLimits } from "./limits.ts";
import type { TrustPolicy } from "./policy.ts";
import type { ArtifactSource } from "./source.ts";
import {
  checkNames,
  type ServiceTrust,
  type UnverifiedRelease,
  type VerifiedRelease,
} from "./verifiedRelease.ts";
import { type Refusal, verifyImage } from "./verifyImage.ts";

/** What a release is measured by: the configuration, and the keys and roots read from the files it names. */
export interface Trust {
  policy: TrustPolicy;
  anchors: TrustAnchors;
}

const made = new WeakSet<object>();

/** True for what `verifyRelease` made in this process: the brand of the type, at run time. */
export const isVerifiedRelease = (value: object): value is VerifiedRelease => made.has(value);

/** The first refusal in the order of the checks, and of the services within one; its message names the others. */
function firstOf(refusals: readonly Refusal[]): Failure | undefined {
  const sorted = refusals.toSorted(
    (a, b) => checkNames.indexOf(a.check) - checkNames.indexOf(b.check) || (a.service < b.service ? -1 : 1),
  );
  const [first, ...others] = sorted.map(({ failure }) => failure);
  if (!first || others.length === 0) return first;
  const { code, hint, fault, cause } = first;
  const lines = others.map((o) => `  also ${o.code}: ${o.message}`);
  return new Failure({
    code,
    message: [first.message, ...lines].join("\n"),
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
    fault,
  });
}

async function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const ended = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: ended.signal, ref: false }).then(() => {
    throw new Failure({
      code: "DeadlineExceeded",
      message: `expected the images to be verified within ${milliseconds / 1000} s`,
      hint: "Nothing was changed. Try again; see whether the registry is slow.",
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
    late.catch(() => {});
  }
}

/** Seals a result, down to the labels, so that what was proven cannot be changed afterwards. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

function unsignedReason(policy: TrustPolicy, services: readonly ServiceTrust[]): string | undefined {
  if (!policy.signatures) return "liftlock:trust asks for no signature";
  return services.every((s) => s.signer)
    ? undefined
    : "not every image has a trusted signature, and none is required";
}

/** A release of which nothing was checked, because no policy is configured. */
function unchecked(release: Release): UnverifiedRelease {
  const services = Object.fromEntries(
    Object.entries(referencesOf(release)).map(([service, { digest }]): [string, ServiceTrust] => [
      service,
      { digest, labels: undefined, signer: undefined, provenance: undefined, security: undefined },
    ]),
  );
  const checks = { metadata: "off", signature: "off", provenance: "off", security: "off" } as const;
  return freeze({
    verified: false,
    reason: "signatures not checked (no liftlock:trust)",
    release: structuredClone(release),
    services,
    checks,
  });
}

/**
 * Checks every image of a release against the policy: metadata, signature, provenance, security report. All services are checked, also
 * when one fails.
 * @param sourceOf the repository of a service's image
 * @param trust `undefined`: no policy is configured; nothing is checked, and the result says so
 * @param now by which waivers and reports are judged
 * @param timeout milliseconds for all of it; default 2 min
 * @returns a `VerifiedRelease` only when every image has a trusted signature
 * @throws Failure `InvalidMetadata`, `InvalidSignature`, `InvalidProvenance`, `SecurityBlocked`: the first in this order;
 * `ImageMissing`, `ImageCorrupted` for images that cannot be read; `RegistryUnavailable`, `DeadlineExceeded`
 */
export async function verifyRelease(
  release: Release,
  sourceOf: (service: string) => ArtifactSource,
  trust: Trust | undefined,
  now: Date,
  timeout: number = trustLimits.time,
): Promise<VerifiedRelease | UnverifiedRelease> {
  if (!trust) return unchecked(release);
  const { policy, anchors } = trust;
  const images = Object.entries(referencesOf(release));
  const results = await withinTime(
    Promise.all(
      images.map(async ([service, image]) => {
        const result = await verifyImage(release, service, image, sourceOf(service), policy, anchors, now);
        return { service, result };
      }),
    ),
    timeout,
  );
  const refusals: Refusal[] = [];
  const services: Record<string, ServiceTrust> = {};
  for (const { service, result } of results) {
    if ("failure" in result) refusals.push(result);
    else services[service] = result;
  }
  const failure = firstOf(refusals);
  if (failure) throw failure;

  const state = (on: unknown) => (on ? ("passed" as const) : ("off" as const));
  const assessed = {
    release: structuredClone(release),
    services,
    checks: {
      metadata: state(policy.metadata === "required"),
      signature: state(policy.signatures?.required),
      provenance: state(policy.provenance),
      security: state(policy.security?.required),
    },
  };
  const reason = unsignedReason(policy, Object.values(services));
  if (reason !== undefined) return freeze({ ...assessed, verified: false, reason });
  // The one place where the type is made: every service has a signer here.
  const verified = freeze({ ...assessed, verified: true }) as VerifiedRelease;
  made.add(verified);
  return verified;
}

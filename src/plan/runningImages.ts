import { type HostReading, wasRead } from "./facts.ts";

/** An image that containers run now, wherever they are. */
export interface RunningImage {
  /** `undefined`: the engine knows it under none, such as one that was built on the host. */
  digest: string | undefined;
  /** Where it came from: `registry/repository@digest`, as the host's engine has it. */
  references: readonly string[];
  /** `web on shop-production-1` */
  at: readonly string[];
}

/**
 * Every image that really runs, once. A slot that waits beside the one that serves runs too.
 * @param except services that no release promotes: others build their images
 */
export function runningImages(readings: readonly HostReading[], except: readonly string[]): RunningImage[] {
  const found = new Map<string, { digest: string | undefined; references: Set<string>; at: Set<string> }>();
  for (const { host, containers } of readings.filter(wasRead))
    for (const { service, status, digests, references = [] } of containers) {
      if (except.includes(service) || status !== "running") continue;
      const [digest] = digests;
      const key = digest ?? `${service} ${host}`;
      const image = found.get(key) ?? { digest, references: new Set(), at: new Set() };
      found.set(key, image);
      for (const reference of references)
        if (digest && reference.endsWith(`@${digest}`)) image.references.add(reference);
      image.at.add(`${service} on ${host}`);
    }
  return [...found.values()].map(({ digest, references, at }) => ({
    digest,
    references: [...references].sort(),
    at: [...at],
  }));
}

import { BenchFailure } from "../failure.ts";
import type { RegistryFigures } from "../figures.ts";
import { type Heard, stepAt } from "../heard.ts";
import type { RegistryRequest } from "../world/protocol.ts";

function countBy<T, K extends string>(
  items: readonly T[],
  keyOf: (item: T) => K,
): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

/**
 * Reads a promotion's requests to the registry. The registry's and the driver's clock are this machine's.
 * @param services how many the release has
 * @throws BenchFailure when hosts fetched nothing at all: then it is not known when they would have
 */
export function readTraffic(
  requests: readonly RegistryRequest[],
  heard: readonly Heard[],
  services: number,
): RegistryFigures {
  const fetched = requests.filter(({ kind, byHost }) => byHost && kind === "blob");
  if (fetched.length === 0)
    throw new BenchFailure(
      "expected hosts to fetch blobs of a release whose every digest is new, found none",
    );
  const during = (step: string) =>
    requests.filter(
      ({ kind, byHost, at }) => !byHost && kind !== "authentication" && stepAt(heard, at) === step,
    );
  const copying = during("copy");
  const asking = copying.filter(({ kind }) => !["mount", "upload", "manifestPut"].includes(kind));
  return {
    fetched: countBy(fetched, ({ at }) => stepAt(heard, at)) as Record<string, number>,
    verifying: during("images").length / services,
    copy: {
      requests: countBy(copying, ({ kind }) => kind),
      perService: copying.length / services,
      asking: asking.length / services,
      layerBytes: copying.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}

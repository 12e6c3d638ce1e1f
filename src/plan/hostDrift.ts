import { type HostReading, type Slot, wasRead } from "./facts.ts";

/** SHA-256 of what a deployment puts on each host; pins differ by slot, and are `place` where there are none. */
export interface DeployedFiles {
  compose: string;
  environment: string;
  pins: Readonly<Record<Slot | "place", string>>;
}

/** Something on a host that no deployment of ours left so. */
export interface HostDifference {
  host: string;
  message: string;
}

const names = { "compose.yaml": "compose", environment: "environment", "pins.yaml": "pins" } as const;

function changedFiles(reading: HostReading, expected: DeployedFiles): HostDifference[] {
  if (!wasRead(reading) || reading.phase !== "deployed") return [];
  const slot = reading.slots?.serving ?? "place";
  return Object.entries(names).flatMap(([file, key]): HostDifference[] => {
    const [is, should] = [reading.files[file], key === "pins" ? expected.pins[slot] : expected[key]];
    if (is === should) return [];
    const message = is === undefined ? `${file} is missing` : `${file} was changed on the host`;
    return [{ host: reading.host, message }];
  });
}

/** Traffic belongs to the slot that serves: all of it, on every route. */
function shiftedEdges(reading: HostReading): HostDifference[] {
  if (!wasRead(reading) || !reading.slots?.serving || reading.phase !== "deployed") return [];
  const { serving } = reading.slots;
  const { host, edge = [] } = reading;
  if (edge.length === 0) return [{ host, message: "the edge does not answer" }];
  return edge.flatMap(({ route, slot, weight, status }): HostDifference[] => {
    const should = slot === serving ? 100 : 0;
    const own = slot === serving && !status.startsWith("UP");
    return [
      ...(weight === should
        ? []
        : [{ host, message: `the edge gives ${slot} ${weight} of ${route}'s traffic, not ${should}` }]),
      ...(own ? [{ host, message: `the edge sees ${route} in ${slot} ${status}` }] : []),
    ];
  });
}

/** What on the hosts is not as the last deployment left it, besides the containers. */
export const judgeHostDrift = (
  readings: readonly HostReading[],
  files: DeployedFiles | undefined,
): HostDifference[] =>
  readings.flatMap((reading) => [...(files ? changedFiles(reading, files) : []), ...shiftedEdges(reading)]);

/**
 * Containers in the application's projects that its compose file does not know: started by hand, or left by somebody.
 * @param known services of the compose file
 */
export const strayContainers = (
  readings: readonly HostReading[],
  known: readonly string[],
): HostDifference[] =>
  readings.filter(wasRead).flatMap(({ host, containers }) =>
    containers
      .filter(({ service }) => !known.includes(service))
      .map(({ service, status }) => ({
        host,
        message: `${service} is no service of the compose file, and there is a container of it (${status})`,
      })),
  );

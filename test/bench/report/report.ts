import { type EngineFigures, type FleetFigures, type RecoveryFigures, rounded } from "../figures.ts";
import { describeEngine } from "./engine.ts";
import { describeFleets } from "./fleet.ts";
import { describeRecovery } from "./recovery.ts";

/** Everything that was measured; what was not asked for is absent or empty. */
export interface Measured {
  fleets: FleetFigures[];
  engine?: EngineFigures;
  recovery?: RecoveryFigures;
}

/** The figures, for people. */
export const describe = ({ fleets, engine, recovery }: Measured): string =>
  [
    fleets.length > 0 ? describeFleets(fleets) : "",
    engine ? describeEngine(engine) : "",
    recovery ? describeRecovery(recovery) : "",
  ].join("");

const recoveryOf = ({ cases }: RecoveryFigures) =>
  Object.fromEntries(
    cases.map(({ name, detection, recovery, bound, holds }) => [
      name,
      { detection: rounded(detection), recovery: rounded(recovery), bound: rounded(bound), holds },
    ]),
  );

/** The slowest that a container's end was known. */
function crashKnown({ cases }: RecoveryFigures): number | null {
  const known = cases.flatMap(({ exitKnown }) => (exitKnown === undefined ? [] : [exitKnown]));
  return known.length > 0 ? rounded(Math.max(...known)) : null;
}

/** The figures, for programs. `driverOverhead` and `copy` are those of 2 hosts; null is what was not measured. */
export const finished = ({ fleets, engine, recovery }: Measured) => {
  const two = fleets.find((fleet) => fleet.hosts === 2);
  return {
    event: "bench.finished",
    driverOverhead: two ? rounded(two.overhead) : null,
    sshSessionsPerHost: fleets.length > 0 ? Math.max(...fleets.map((fleet) => fleet.sessions.most)) : null,
    hosts: Object.fromEntries(
      fleets.map(({ hosts, promotion, ratio }) => [
        hosts,
        { seconds: rounded(promotion), ratio: rounded(ratio) },
      ]),
    ),
    engine: engine
      ? {
          preview15: rounded(engine.preview15),
          noop15: rounded(engine.noop15),
          noop100: rounded(engine.noop100),
        }
      : null,
    recovery: recovery ? recoveryOf(recovery) : null,
    crashKnown: recovery ? crashKnown(recovery) : null,
    copy: two
      ? {
          seconds: rounded(two.registry.copySeconds),
          requestsPerService: rounded(two.registry.perService),
          questionsPerService: rounded(two.registry.asking),
          layerBytes: two.registry.layerBytes,
        }
      : null,
  };
};

import type { RecoveryCase, RecoveryFigures } from "../figures.ts";
import { seconds, table, verdict } from "./table.ts";

/** Seconds within which a container that ends by itself has to be known. */
const knownWithin = 2;

function cases({ cases: found }: RecoveryFigures): string {
  const head = ["bad release", "failing", "outage", "detection", "recovery", "update back", "bound", "", ""];
  const rows = found.map((one) => [
    one.name,
    `${one.failing} of ${one.probes}`,
    `${seconds(one.outage)} s`,
    `${seconds(one.detection)} s`,
    `${seconds(one.recovery)} s`,
    `${seconds(one.update)} s`,
    `${seconds(one.bound)} s`,
    verdict(one.holds),
    one.code,
  ]);
  return table([head, ...rows]);
}

const timesOf = ({ name, steps }: RecoveryCase) =>
  `  ${name}: ${steps.map((step) => `${step.name} ${seconds(step.seconds)} s`).join(", ")}`;

function exits({ cases: found, timeout }: RecoveryFigures): string {
  return found
    .flatMap(({ name, exitKnown }) => (exitKnown === undefined ? [] : [{ name, exitKnown }]))
    .map(
      ({ name, exitKnown }) =>
        `  ${name}: first exit of a container to the driver's knowledge ${seconds(exitKnown)} s; asked for: ${knownWithin} s, ${verdict(exitKnown <= knownWithin)} (time-out ${timeout} s).`,
    )
    .join("\n");
}

/** Detection and recovery, for people. */
export const describeRecovery = (recovery: RecoveryFigures): string => {
  const { probes, check, timeout } = recovery;
  return `
A bad release is promoted to 2 hosts and taken back; ${probes.endpoints} public endpoints asked every ${probes.interval} ms by a process of its own; one run each.
${cases(recovery)}
  outage: first to last failing probe, the two switches in place included. detection: first failing probe to the driver's
  "step.failed". recovery: first failing probe to the moment from which on every answer was good.
  bound: 2 × (probe interval × failures needed) + the engine's update on the way back. Interval and failures are those of the
  containers' health check in app/compose.yaml, ${check.interval} s × ${check.retries}; public endpoints have no count of failures in the configuration.
  Services have ${timeout} s to become healthy here (liftlock:health.timeout).

Where that time went.
${recovery.cases.map(timesOf).join("\n")}
${exits(recovery)}
`;
};

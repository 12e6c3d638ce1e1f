import { type EngineFigures, type FleetFigures, median, rounded } from "./figures.ts";

const cells = (row: readonly string[], widths: readonly number[]) =>
  row
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
    .join("   ");

/** Rows below a head, columns aligned; the first to the left. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${cells(row, widths)}`).join("\n");
}

const seconds = (value: number) => value.toFixed(2);
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const range = (values: readonly number[]) =>
  `${seconds(Math.min(...values))}–${seconds(Math.max(...values))}`;

function fleetTable(fleets: readonly FleetFigures[]): string {
  const head = [
    "hosts",
    "rounds",
    "promotion",
    "(range)",
    "bare script",
    "(range)",
    "ratio",
    "driver's own",
    "SSH sessions a host",
  ];
  const rows = fleets.map((fleet) => [
    String(fleet.hosts),
    String(fleet.rounds.length),
    `${seconds(fleet.promotion)} s`,
    range(fleet.rounds.map((round) => round.promotion.seconds)),
    `${seconds(fleet.bare)} s`,
    range(fleet.rounds.map((round) => round.bare)),
    fleet.ratio.toFixed(2),
    percent(fleet.overhead),
    `typical ${fleet.sessions.typical}, most ${fleet.sessions.most}`,
  ]);
  return table([head, ...rows]);
}

/** Median total and own seconds of every step. */
function stepTable(fleets: readonly FleetFigures[]): string {
  const steps = fleets[0]?.rounds[0]?.promotion.steps.map((step) => step.name) ?? [];
  const head = ["step", ...fleets.map(({ hosts }) => `${hosts} ${hosts === 1 ? "host" : "hosts"} (own)`)];
  const rows = steps.map((name) => [
    name,
    ...fleets.map(({ rounds }) => {
      const times = rounds.flatMap(({ promotion }) => promotion.steps.filter((step) => step.name === name));
      return `${seconds(median(times.map((t) => t.seconds)))} (${seconds(median(times.map((t) => t.own)))})`;
    }),
  ]);
  return table([head, ...rows]);
}

/** The figures, for people. */
export function describe(fleets: readonly FleetFigures[], engine: EngineFigures): string {
  return `
Promotion staging → production of a release whose every digest is new; medians, wall time.
${fleetTable(fleets)}
  ratio: median promotion to median bare script. The script is one SSH connection to each host, side by side, with
  "docker compose pull && docker compose up --detach --wait"; it previews, migrates, verifies and records nothing.
  driver's own: time in which neither the engine previewed or updated nor work on a host was under way. While facts are
  gathered, that is mostly waiting for the engine's command line, before the preview begins: its version, the choice of the stack.

Where a promotion's seconds go; medians.
${stepTable(fleets)}

The engine alone, through the Automation API: tags, variables and local commands in turns; medians of 3.
${table([
  ["", "seconds"],
  ["preview, 15 resources to create", seconds(engine.preview15)],
  ["update, 15 resources unchanged", seconds(engine.noop15)],
  ["update, 100 resources unchanged", seconds(engine.noop100)],
  ["pulumi version", seconds(engine.commands.version)],
  ["pulumi stack output --show-secrets", seconds(engine.commands.output)],
])}
`;
}

/** The figures, for programs. `driverOverhead` is that of 2 hosts; null when 2 hosts were not measured. */
export const finished = (fleets: readonly FleetFigures[], engine: EngineFigures) => {
  const two = fleets.find((fleet) => fleet.hosts === 2);
  return {
    event: "bench.finished",
    driverOverhead: two ? rounded(two.overhead) : null,
    sshSessionsPerHost: Math.max(...fleets.map((fleet) => fleet.sessions.most)),
    hosts: Object.fromEntries(
      fleets.map(({ hosts, promotion, ratio }) => [
        hosts,
        { seconds: rounded(promotion), ratio: rounded(ratio) },
      ]),
    ),
    engine: {
      preview15: rounded(engine.preview15),
      noop15: rounded(engine.noop15),
      noop100: rounded(engine.noop100),
    },
  };
};

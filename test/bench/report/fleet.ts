import { type FleetFigures, median } from "../figures.ts";
import { percent, seconds, table, verdict } from "./table.ts";

/** What is asked of the driver: its own part of a promotion, 0 to 1, with all gates on. */
const allowed = 0.1;

const range = (values: readonly number[]) =>
  `${seconds(Math.min(...values))}–${seconds(Math.max(...values))}`;

const hostsOf = ({ hosts }: FleetFigures) => `${hosts} ${hosts === 1 ? "host" : "hosts"}`;

function promotions(fleets: readonly FleetFigures[]): string {
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
function steps(fleets: readonly FleetFigures[]): string {
  const names = fleets[0]?.rounds[0]?.promotion.steps.map((step) => step.name) ?? [];
  const head = ["step", ...fleets.map((fleet) => `${hostsOf(fleet)} (own)`)];
  const rows = names.map((name) => [
    name,
    ...fleets.map(({ rounds }) => {
      const times = rounds.flatMap(({ promotion }) => promotion.steps.filter((step) => step.name === name));
      return `${seconds(median(times.map((t) => t.seconds)))} (${seconds(median(times.map((t) => t.own)))})`;
    }),
  ]);
  return table([head, ...rows]);
}

/** What was on: the gates' verdicts and what the steps proved, as the driver said it of the first promotion. */
function trust(fleets: readonly FleetFigures[]): string {
  const first = fleets[0]?.rounds[0]?.promotion;
  const gates = first?.gates ?? [];
  const judged = [...new Set(gates.map(({ status }) => status))].map((status) => {
    const names = gates.filter((gate) => gate.status === status).map(({ gate }) => gate);
    return `${names.join(", ")}: ${status}`;
  });
  const said = ["images", "copy", "tag", "latest"].map((step) => [
    step,
    first?.details[step] || "nothing to do",
  ]);
  return [["gates", judged.join("; ")], ...said]
    .map(([name = "", text = ""]) => `  ${name.padEnd(6)}   ${text}`)
    .join("\n");
}

function registry(fleets: readonly FleetFigures[]): string {
  const head = [
    "hosts",
    "blobs fetched ahead",
    "in the update",
    "checking, a service",
    "copy",
    "requests a service",
    "of these questions",
    "blob bytes through the driver",
  ];
  const rows = fleets.map(({ hosts, registry: figures }) => [
    String(hosts),
    String(figures.ahead),
    String(figures.inUpdate),
    figures.verifying.toFixed(1),
    `${seconds(figures.copySeconds)} s`,
    figures.perService.toFixed(1),
    figures.asking.toFixed(1),
    String(figures.layerBytes),
  ]);
  return table([head, ...rows]);
}

/** The driver's requests in the copy step of the last promotion, by kind. */
function copying(fleets: readonly FleetFigures[]): string {
  const requests = fleets.at(-1)?.rounds.at(-1)?.promotion.registry.copy.requests ?? {};
  return Object.entries(requests)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
}

/** Promotions, for people. */
export const describeFleets = (fleets: readonly FleetFigures[]): string => `
Promotion staging → production of a release whose every digest is new; medians, wall time.
${promotions(fleets)}
  ratio: median promotion to median bare script. The script is one SSH connection to each host, side by side, with
  "docker compose pull && docker compose up --detach --wait"; it checks, previews, copies, migrates, verifies and records nothing.
  driver's own: time in which neither the engine previewed or updated nor work on a host was under way. That is the choice of
  the engine and of the stack before the preview begins, the requests of copying and tagging while hosts have nothing to do,
  and the ledger. No people are asked (approval), and nothing is waited for: the soak is over before.
  Asked for: at most ${percent(allowed)}; ${fleets.map((fleet) => `${hostsOf(fleet)} ${percent(fleet.overhead)}, ${verdict(fleet.overhead <= allowed)}`).join("; ")}.

What was judged and proven, in the driver's words of the first promotion measured.
${trust(fleets)}

What the registry was asked, by its own log.
${registry(fleets)}
  blobs fetched: by production's hosts, all of them together; ahead is while the images are checked. In the update: the most of
  any round; 0 is asked for. copy: the whole step, with the hosts' fetching of manifests under their new names. Requests: the
  driver's, tokens left out; signatures and attestations are copied too. Every blob that is not there and every manifest takes
  one; what is asked besides is a question. Checking: the images, their signatures, provenance and reports. Of the last promotion: ${copying(fleets)}.

Where a promotion's seconds go; medians.
${steps(fleets)}
  The preview begins with the facts and goes on beside them and the images: its own step only waits for what is left of it.
`;

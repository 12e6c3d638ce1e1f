import type { PendingPromotion } from "../../automation/decisions.ts";
import type { EnvironmentStatus, HostStatus } from "../../automation/status.ts";
import { clock, counted, spell } from "../../plan/gates/words.ts";
import { shortDigest } from "../../release/digest.ts";
import { pendingLine } from "./decisions.ts";

const name = (release: { version: string; id: string } | undefined) =>
  release ? `${release.version} (${release.id})` : "nothing";

const digestsText = (digests: Readonly<Record<string, string>>) =>
  Object.entries(digests)
    .map(([service, digest]) => `${service} ${shortDigest(digest)}`)
    .join("  ");

function state(s: EnvironmentStatus): string {
  if (s.holder)
    return `a promotion is under way: ${s.holder.user}@${s.holder.machine} since ${s.holder.since}`;
  if (s.interrupted) return `interrupted: liftlock resume ${s.environment}`;
  if (s.problems.length > 0) return counted(s.problems.length, "problem");
  return s.release ? "as pinned" : "no release yet";
}

function health(s: EnvironmentStatus, now: Date): string[] {
  if (!s.release) return [];
  const [healthy, all] = s.healthy;
  const [answering, endpoints] = s.endpoints;
  const since =
    s.verifiedSince === undefined
      ? ""
      : `verified for ${spell(now.getTime() - Date.parse(s.verifiedSince))}, `;
  return [
    `    ${since}${healthy} of ${all} services healthy, ${answering} of ${endpoints} endpoints answer, address ${s.address}`,
  ];
}

const certificateText = ({ names, issuer, days }: NonNullable<HostStatus["certificate"]>) =>
  `certificate for ${names.join(", ")} from ${issuer}, ${days < 0 ? "ended" : `${counted(days, "day")} left`}`;

const hostLines = (s: EnvironmentStatus): string[] =>
  s.hosts.flatMap((host) => [
    `    ${host.name.padEnd(24)} ${host.address.padEnd(16)} ${host.problem ?? `attempt ${host.attempt}`}`,
    ...(host.digests ? [`      ${digestsText(host.digests)}`] : []),
    ...(host.certificate ? [`      ${certificateText(host.certificate)}`] : []),
  ]);

/** What is in force by the ledger, and how the last promotion went. */
function ledgerLines({ stop, vetoes, last, environment }: EnvironmentStatus, now: Date): string[] {
  const at = (time: string) => clock(new Date(time), now, "UTC");
  const newest = vetoes.at(-1);
  const more = vetoes.length > 1 ? `, and ${vetoes.length - 1} more` : "";
  const inSpite = (last?.overridden ?? []).map(({ gate, why }) => `${gate} (${why})`).join(", ");
  return [
    ...(stop
      ? [`    stopped by ${stop.by} since ${at(stop.since)}: ${stop.why}   liftlock stop --lift`]
      : []),
    ...(newest ? [`    vetoed: ${newest.release.version}${more}   liftlock veto list ${environment}`] : []),
    ...(last
      ? [
          `    last: ${last.kind} by ${last.by} at ${at(last.time)}, ${last.status}${inSpite ? `, in spite of ${inSpite}` : ""}`,
        ]
      : []),
  ];
}

/** One environment: what it is meant to run, what it runs, host by host, and what is in force there. */
export function statusText(s: EnvironmentStatus, now: Date): string {
  return [
    `${s.environment.padEnd(12)} ${name(s.release)}${s.candidate ? ` → ${name(s.candidate)}` : ""}, attempt ${s.attempt}: ${state(s)}`,
    ...health(s, now),
    ...hostLines(s),
    ...ledgerLines(s, now),
    ...s.problems.map((problem) => `    ✗ ${problem}`),
    ...(s.warnings ?? []).map((warning) => `    ! ${warning}`),
  ].join("\n");
}

/** Everything at a glance: each environment, then what waits for people. */
export function overviewText(
  environments: readonly EnvironmentStatus[],
  pending: readonly PendingPromotion[],
  now: Date,
): string {
  const waiting = pending.map((p) => `    ${pendingLine(p, now)}`);
  return [
    ...environments.map((s) => statusText(s, now)),
    ...(waiting.length > 0 ? [["Waits for approval:   liftlock pending", ...waiting].join("\n")] : []),
  ].join("\n\n");
}

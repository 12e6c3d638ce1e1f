import { isEmergency, type NamedRelease, type Notification, type Transition } from "./notification.ts";
import { oneLine } from "./text.ts";

export type Severity = "info" | "warning" | "error" | "critical";

/** A notification in words, to be read on a phone. */
export interface Rendering {
  /** What, where: at most 120 characters. */
  title: string;
  /** Who, why, what now, link: at most five, each of at most 300 characters. */
  lines: readonly string[];
  /** Title and lines. */
  text: string;
  severity: Severity;
}

const severities: Readonly<Record<Transition, Severity>> = {
  started: "info",
  pending: "warning",
  cancelled: "warning",
  completed: "info",
  failed: "error",
  rolledBack: "warning",
  rollbackIncomplete: "critical",
  rollbackFailed: "critical",
  drift: "warning",
  storage: "critical",
  backup: "critical",
};

/** What happened, seen from the environment. */
function headline(notification: Notification): string {
  const { transition, release, previous, why } = notification;
  const { version } = release;
  const earlier = previous?.version ?? "an earlier release";
  switch (transition) {
    case "started":
      return `${version} is coming`;
    case "pending":
      return `${version} waits for approval`;
    case "cancelled":
      return `${version} was cancelled`;
    case "completed":
      return `runs ${version}`;
    case "failed":
      if (isEmergency(notification)) return `${version} failed and NOTHING went back`;
      return previous?.id === release.id
        ? `runs ${version}, but its promotion did not end`
        : `${version} did not come`;
    case "rolledBack":
      if (previous?.id === release.id) return `runs ${version} again`;
      // A person wanted it: that says nothing against the release.
      return why?.code === "Interrupted"
        ? `went back from ${version} to ${earlier}`
        : `went back to ${earlier}, ${version} failed`;
    case "rollbackIncomplete":
      return `went back to ${earlier} but is NOT healthy`;
    case "rollbackFailed":
      return `is DOWN: nothing earlier than ${version} could be started`;
    case "drift":
      return `is not what ${version} says`;
    case "storage":
      return "is running out of storage for images";
    case "backup":
      return "has a backup that was not made, or does not restore";
  }
}

const named = ({ version, id }: NamedRelease) => `${version} (${id.slice(0, 12)})`;

function releases({ release, previous }: Notification): string {
  const before = previous && previous.id !== release.id ? `, before: ${named(previous)}` : "";
  return `Release ${named(release)}${before}`;
}

/** `2026-01-07 14:48 UTC` */
const shown = (at: Date) =>
  Number.isNaN(at.getTime()) ? "at no known time" : `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Why, with the code that names it; a person's own words need none. */
const reasonOf = ({ code, message }: { code: string; message: string }) =>
  code === "Interrupted" ? message : `${code}: ${message}`;

/** A notification in words. Pure; whatever its texts hold, each line stays one line. */
export function render(notification: Notification): Rendering {
  const { app, environment, transition, who, why, next, link, at } = notification;
  const title = oneLine(`${app} ${environment}: ${headline(notification)}`, 120);
  const lines = [
    releases(notification),
    `By ${who}, ${shown(at)}`,
    why && `Why: ${reasonOf(why)}`,
    next && `Next: ${next}`,
    link,
  ].flatMap((line) => (line ? [oneLine(line, 300)] : []));
  return {
    title,
    lines,
    text: [title, ...lines].join("\n"),
    severity: isEmergency(notification) ? "critical" : severities[transition],
  };
}

/** The link, where it is one that may be clicked. */
export function linkOf({ link }: Notification): string | undefined {
  if (link === undefined || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

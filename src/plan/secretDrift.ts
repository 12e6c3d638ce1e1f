/** An Actions secret, as the stack saw it last. */
export interface KnownSecret {
  urn: string;
  name: string;
  /** Absent: the repository's own. */
  environment?: string | undefined;
  /** When GitHub said that it had been written, milliseconds since 1970. */
  seen: number;
}

/** An Actions secret as GitHub has it. */
export interface LiveSecret {
  name: string;
  environment?: string | undefined;
  /** Milliseconds since 1970. */
  updated: number;
}

/** A secret that somebody else wrote since. */
export interface OverwrittenSecret extends KnownSecret {
  updated: number;
}

/**
 * A time of GitHub's, in milliseconds since 1970: as its API writes it, or as the provider keeps it in the state
 * (`2026-01-02 03:04:05 +0000 UTC`). `undefined` for anything else.
 */
export function gitHubTime(text: string): number | undefined {
  const [, date, time, zone] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})(?: \S+)?$/.exec(text) ?? [];
  const iso = date === undefined ? text : `${date}T${time}${zone?.slice(0, 3)}:${zone?.slice(3)}`;
  const at = Date.parse(iso);
  return Number.isNaN(at) ? undefined : at;
}

/** Names are not case-sensitive at GitHub. */
const keyOf = ({ name, environment }: Pick<LiveSecret, "name" | "environment">): string =>
  `${environment ?? ""}\n${name.toUpperCase()}`;

/**
 * Secrets whose value somebody else has written: nobody can read them, so their time has to tell. Those that are gone are not among
 * them: a refresh finds them.
 */
export function judgeSecrets(
  known: readonly KnownSecret[],
  live: readonly LiveSecret[],
): OverwrittenSecret[] {
  const times = new Map(live.map((secret) => [keyOf(secret), secret.updated]));
  return known.flatMap((secret) => {
    const updated = times.get(keyOf(secret));
    return updated !== undefined && updated > secret.seen ? [{ ...secret, updated }] : [];
  });
}

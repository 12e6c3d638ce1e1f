/** What haproxy says when it refuses a configuration. */

/** Why a line cannot be taken; the text is haproxy's where that is known. */
export class Refused extends Error {
  override name = "Refused";
}

/** Files that a configuration names. */
export interface Files {
  /** Nothing when it cannot be read. */
  read(path: string): Buffer | undefined;
}

/** For everything that haproxy can do and the stand-in cannot. */
export function unsupported(what: string): Refused {
  return new Refused(`the simulated host's haproxy does not support ${what}`);
}

/** How the stand-in for restic fails: with 1, in words of the real one. */
export class ResticFailure extends Error {
  override readonly name = "ResticFailure";
}

export const fatal = (text: string): ResticFailure => new ResticFailure(`Fatal: ${text}`);

export const unsupported = (what: string): ResticFailure =>
  new ResticFailure(`the simulated host's restic does not support ${what}`);

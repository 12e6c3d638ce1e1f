import { existsSync, readFileSync } from "node:fs";
import { Failure } from "../release/failure.ts";
import { problemsFailure, problemsOf } from "../release/problems.ts";
import { type Release, releaseSchema } from "../release/release.ts";

/** Reads a release as a build writes it: JSON of version, commit, createdAt and images. @throws Failure `ReleaseInvalid` */
export function readReleaseFile(path: string): Release {
  const bad = (message: string, cause?: unknown) =>
    new Failure({ code: "ReleaseInvalid", message, cause, fault: "user" });
  if (path !== "-" && !existsSync(path)) throw bad(`expected a release file at ${path}, found none`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8"));
  } catch (cause) {
    throw bad(`${path} is not JSON: ${String(cause)}`, cause);
  }
  const parsed = releaseSchema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw problemsFailure(
    "ReleaseInvalid",
    path,
    problemsOf(parsed.error, "", () => Object.keys(releaseSchema.shape)),
    'A release: {"version": "1.6.1", "commit": "3f2c9ab", "createdAt": "…Z", "images": {"api": "ghcr.io/…@sha256:…"}}',
  );
}

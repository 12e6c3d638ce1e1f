import { Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import type { Target } from "./ports.ts";

/** Another checkout has brought the environment further than this one knows. */
export const staleCheckout = ({ name, file }: Target, attempt: number, highest: number): Failure =>
  new Failure({
    code: "StalePin",
    message: `${file.name} says attempt ${attempt}, but ${name} has run attempt ${highest}: this checkout is behind`,
    hint: `git pull, or: liftlock pin ${name} --from-stack`,
  });

/** A promotion was begun, and has to be brought to its end first. @param candidate to which, where that is known */
export const notEnded = ({ name }: Target, candidate: Release | undefined): Failure =>
  new Failure({
    code: "PromotionInterrupted",
    message: `an earlier promotion into ${name} did not end${candidate ? ` (to ${candidate.version})` : ""}`,
    hint: `liftlock resume ${name}`,
  });

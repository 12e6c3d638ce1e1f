import type { Release } from "../../release/release.ts";
import type { Kind } from "../gates/facts.ts";
import type { Status } from "../promotion.ts";

/** What became of one promotion, deployment, way back or resumption, as the ledger tells it. */
export interface Course {
  environment: string;
  promotion: string;
  kind: Kind;
  release: Release;
  began: Date;
  /** When the environment was about to change; absent: it was not touched. */
  touched?: Date;
  /** When the first step failed. */
  failed?: Date;
  /** When the first way back began. */
  wentBack?: Date;
  /** Absent: it goes on, or its driver was killed. */
  ended?: { at: Date; status: Exclude<Status, "InProgress">; seconds?: number };
}

/** It brought a release: what `resume` finishes counts as what it finishes. */
export const isChange = ({ kind }: Course): boolean => kind === "promote" || kind === "deploy";

/** It is over, and the environment runs what was to come. */
export const came = (course: Course): boolean => isChange(course) && course.ended?.status === "Completed";

/** It changed the environment and did not stay. */
export const failedHere = ({ touched, ended }: Course): boolean =>
  touched !== undefined && (ended?.status === "RolledBack" || ended?.status === "Failed");

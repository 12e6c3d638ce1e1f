import type { ContainerFacts } from "./facts.ts";
import type { Reason } from "./promotion.ts";

/** What is wrong on one host, by service. */
export interface Finding extends Reason {
  host: string;
  service?: string;
  container?: ContainerFacts;
}

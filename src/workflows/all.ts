import { cleanup } from "./cleanup.ts";
import { drift } from "./drift.ts";
import { infrastructure } from "./infrastructure.ts";
import type { Workflow } from "./model.ts";
import { production } from "./production.ts";
import { promotion } from "./promotion.ts";
import { release } from "./release.ts";
import { restoreDrill } from "./restoreDrill.ts";
import { rollback } from "./rollback.ts";
import { staging } from "./staging.ts";

/** Every workflow of the repository. */
export const workflows: readonly Workflow[] = [
  release,
  staging,
  promotion,
  production,
  rollback,
  drift,
  cleanup,
  restoreDrill,
  infrastructure,
];

import { cleanup } from "./cleanup.ts";
import { drift } from "./drift.ts";
import { infrastructure } from "./infrastructure.ts";
import type { Workflow } from "./model.ts";
import { production } from "./production.ts";
import { promotion } from "./promotion.ts";
import { release } from "./release.ts";
import { rollback } from "./rollback.ts";
import { staging } from "./staging.ts";

/** Every workflow of the repository. There is no restore drill among them: there are no backups yet that it could restore. */
export const workflows: readonly Workflow[] = [
  release,
  staging,
  promotion,
  production,
  rollback,
  drift,
  cleanup,
  infrastructure,
];

/** Tests on real containers take minutes and root: they run where somebody asks for them. */
import { beforeEach } from "vitest";
import { describeMissing, missingRequirements } from "../../../../rehearsal/host/container/requirements.ts";

/** Why they do not run here; `undefined` where they do. */
export const whyNot =
  process.env["LIFTLOCK_CONTAINER_HOSTS"] === "1"
    ? undefined
    : "set LIFTLOCK_CONTAINER_HOSTS=1 to run it: it needs root, and starts containers on this machine's engine";

/** Skips every test of a file, saying why. Who asked for them where they cannot run is told what is missing. */
export function onContainers(): void {
  beforeEach(async (context) => {
    context.skip(whyNot !== undefined, whyNot);
    const missing = await missingRequirements();
    if (missing.length > 0) throw new CannotRun(describeMissing(missing));
  });
}

class CannotRun extends Error {
  override name = "CannotRun";
}

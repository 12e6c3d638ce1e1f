import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/openLedger.ts";
import { actor } from "./actor.ts";
import type { DriverContext } from "./context.ts";
import { chooseEngine, type Engine, type EngineOptions, findEngine } from "./engine.ts";
import type { Notify } from "./messages.ts";
import { operationalLog } from "./operationalLog.ts";
import { Secrets } from "./secrets.ts";
import { loadSdk, PulumiWorkspace } from "./workspace.ts";

/**
 * A context with fresh secrets, no interruption, and an engine that is chosen once, when first needed.
 * @throws Failure `ConfigInvalid` when the variables of the operational log are not of the documented shape
 */
export function makeContext(
  given: Pick<DriverContext, "workDirectory" | "environment" | "notify"> & EngineOptions,
): DriverContext {
  const { workDirectory, environment, world, engine } = given;
  const secrets = new Secrets();
  // Whatever is told goes through here: no message needs to think of it.
  const log = operationalLog({
    workDirectory,
    environment: { ...process.env, ...environment },
    warn: (text) => given.notify({ code: "warning", payload: { message: secrets.mask(text) } }),
  });
  const notify: Notify = (message) => {
    const masked = secrets.maskAll(message);
    given.notify(masked);
    log(masked);
  };
  const wish = { world, engine };
  let chosen: Promise<Engine> | undefined;
  let found: Promise<PulumiCommand> | undefined;
  const find = () => (found ??= findEngine(wish));
  let opened: Promise<Ledger> | undefined;
  const open = async () => {
    const ledger = await openLedger({ workDirectory, environment: { ...process.env, ...environment } });
    const { shared, description } = ledger.location;
    if (!shared) notify({ code: "ledger.local", payload: { directory: description } });
    return ledger;
  };
  const context: Omit<DriverContext, "workspace"> = {
    workDirectory,
    environment,
    notify,
    engine: () => (chosen ??= chooseEngine({ ...wish, notify, found: find() })),
    seekEngine: () => {
      find().catch(() => undefined);
      loadSdk().catch(() => undefined);
    },
    ledger: () => (opened ??= open()),
    now: () => new Date(),
    pause: (milliseconds) => sleep(milliseconds),
    actor: actor(process.env),
    interruption: { signal: undefined },
    secrets,
  };
  return Object.assign(context, { workspace: new PulumiWorkspace(context) });
}

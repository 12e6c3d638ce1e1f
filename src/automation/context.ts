import { hostname, userInfo } from "node:os";
import { chooseEngine, type Engine, type EngineOptions } from "./engine.ts";
import type { Notify } from "./messages.ts";
import { Secrets } from "./secrets.ts";

/** A person's wish to stop. The step under way ends first; then the promotion goes to a defined state. */
export interface Interruption {
  /** The signal's name, once one came. */
  signal: string | undefined;
}

/** What every action of the driver is given. */
export interface DriverContext {
  /** The project: where `Pulumi.yaml` lies. */
  workDirectory: string;
  /** Chosen, and told, when first needed: bad input is refused without any engine. */
  engine: () => Promise<Engine>;
  /** Variables for the engine beyond this process's own. */
  environment: Readonly<Record<string, string>>;
  notify: Notify;
  now: () => Date;
  /** Who acts, for the ledger: `user@machine`, in CI the workflow's actor. */
  actor: string;
  interruption: Interruption;
  /** Everything known that must never be shown. */
  secrets: Secrets;
}

/** The acting person: GitHub's actor in a workflow, else the user of this machine. */
export const actor = (environment: NodeJS.ProcessEnv): string =>
  environment["GITHUB_ACTOR"]
    ? `${environment["GITHUB_ACTOR"]}@github`
    : `${userInfo().username}@${hostname()}`;

/** A context with fresh secrets, no interruption, and an engine that is chosen once, when first needed. */
export function makeContext(
  given: Pick<DriverContext, "workDirectory" | "environment" | "notify"> & EngineOptions,
): DriverContext {
  const { workDirectory, environment, notify, world, engine } = given;
  const wish = { world, engine };
  let chosen: Promise<Engine> | undefined;
  return {
    workDirectory,
    environment,
    notify,
    engine: () => (chosen ??= chooseEngine({ ...wish, notify })),
    now: () => new Date(),
    actor: actor(process.env),
    interruption: { signal: undefined },
    secrets: new Secrets(),
  };
}

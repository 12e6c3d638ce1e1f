import type { Ledger } from "../ledger/ledger.ts";
import type { Engine } from "./engine.ts";
import type { Notify } from "./messages.ts";
import type { Workspace } from "./ports.ts";
import type { Secrets } from "./secrets.ts";

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
  /** Begins to look for an engine and to load its SDK, so that they are there when they are needed. Nothing is chosen, told or installed by that. */
  seekEngine: () => void;
  /** Variables for the engine beyond this process's own. */
  environment: Readonly<Record<string, string>>;
  /** Journals and leases of all environments; opened when first needed. */
  ledger: () => Promise<Ledger>;
  /** Where environments are found, configured and changed. */
  workspace: Workspace;
  notify: Notify;
  now: () => Date;
  /** Waits so many milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
  /** Who acts, for the ledger: `user@machine`, in CI the workflow's actor. */
  actor: string;
  interruption: Interruption;
  /** Everything known that must never be shown. */
  secrets: Secrets;
}

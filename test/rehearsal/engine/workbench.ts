// A stack of its own for each test, driven through the unmodified Automation API.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";

/** Directory with `bin/pulumi`. */
export const ENGINE_ROOT: string = resolve(import.meta.dirname, "../../../rehearsal/engine");
/** Providers that need no API: a pretend cloud in a file. */
export const CLOUD_PACKAGES: string = join(import.meta.dirname, "differential/cloud-package.ts");
/** A loopback address nobody listens on. */
export const NOBODY = "http://127.0.0.1:1";

/** A stack and all that belongs to it. */
export interface Workbench extends AsyncDisposable {
  readonly base: string;
  readonly stack: Stack;
  readonly env: Record<string, string>;
  /** Replaces the program of the next operation. */
  run(program: PulumiFn): void;
  /** The checkpoint file's text. */
  readonly checkpoint: () => string;
  /** Every file of the backend, as one text. */
  readonly everything: () => string;
}

/** Environment of an engine whose backend is in `base`. */
export function environmentIn(
  base: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${base}/state`,
    PULUMI_CONFIG_PASSPHRASE: "pw",
    PULUMI_HOME: join(base, "home"),
    LIFTLOCK_REHEARSAL_PROVIDERS: CLOUD_PACKAGES,
    LIFTLOCK_TEST_CLOUD: join(base, "cloud.json"),
    LIFTLOCK_REHEARSAL_PACE: "0.01",
    DIGITALOCEAN_API_URL: NOBODY,
    GITHUB_BASE_URL: NOBODY,
    ...more,
  };
}

function textOfFiles(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

/** Makes a stack named `dev` of the project `p` with an inline program. */
export async function workbench(more: Readonly<Record<string, string>> = {}): Promise<Workbench> {
  const base = mkdtempSync(join(tmpdir(), "liftlock-engine-"));
  for (const name of ["state", "work"]) mkdirSync(join(base, name));
  let program: PulumiFn = async () => ({});
  const env = environmentIn(base, more);
  const pulumiCommand = await PulumiCommand.get({ root: ENGINE_ROOT });
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "dev", projectName: "p", program: () => program() },
    { pulumiCommand, workDir: join(base, "work"), envVars: env },
  );
  return {
    base,
    stack,
    env,
    run: (next) => {
      program = next;
    },
    checkpoint: () => readFileSync(join(base, "state/.pulumi/stacks/p/dev.json"), "utf8"),
    everything: () => textOfFiles(join(base, "state")),
    [Symbol.asyncDispose]: async () => rmSync(base, { recursive: true, force: true }),
  };
}

// Where the engines are: ours, and a real one when the machine has it.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { packages } from "./cloud-package.ts";

const root = resolve(import.meta.dirname, "../../../..");
const providers = join(import.meta.dirname, "cloud-package.ts");

/** An engine and the environment it needs to find the scenarios' providers. */
export interface EngineUnderTest {
  readonly name: "rehearsal" | "real";
  /** Directory with `bin/pulumi`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

export const rehearsal: EngineUnderTest = {
  name: "rehearsal",
  root: join(root, "rehearsal/engine"),
  env: {
    LIFTLOCK_REHEARSAL_PROVIDERS: providers,
    DIGITALOCEAN_API_URL: "http://127.0.0.1:1",
    GITHUB_BASE_URL: "http://127.0.0.1:1",
  },
};

/** A real CLI: the directory LIFTLOCK_REAL_PULUMI names, or the one on PATH unless it is ours. */
function realRoot(): string | undefined {
  const named = process.env.LIFTLOCK_REAL_PULUMI;
  if (named) return resolve(named);
  const directories = (process.env.PATH ?? "").split(delimiter);
  const found = directories.find(
    (directory) => existsSync(join(directory, "pulumi")) && !directory.startsWith(root),
  );
  return found && dirname(found);
}

/** Plugins for the real engine: wrapper scripts around the same providers, in a directory of their own. */
export function findRealEngine(scratch: string): EngineUnderTest | undefined {
  const at = realRoot();
  if (!at || !existsSync(join(at, "bin/pulumi"))) return undefined;
  const plugins = join(scratch, "plugins");
  mkdirSync(plugins, { recursive: true });
  for (const name of Object.keys(packages)) {
    const version = JSON.parse(
      execFileSync(
        process.execPath,
        ["-p", `JSON.stringify(require("@pulumi/${name}/package.json").version)`],
        {
          cwd: root,
          encoding: "utf8",
        },
      ),
    ) as string;
    const script = join(plugins, `pulumi-resource-${name}`);
    const plugin = join(root, "rehearsal/engine/plugin.ts");
    writeFileSync(
      script,
      `#!/bin/sh\nLIFTLOCK_REHEARSAL_PROVIDERS=${providers} exec ${process.execPath} ${plugin} ${name} ${version}\n`,
    );
    chmodSync(script, 0o755);
  }
  return {
    name: "real",
    root: at,
    env: {
      PATH: [join(at, "bin"), plugins, process.env.PATH ?? ""].join(delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      DIGITALOCEAN_API_URL: "http://127.0.0.1:1",
      GITHUB_BASE_URL: "http://127.0.0.1:1",
    },
  };
}

/** The world that a clean-up is measured in, in a process of its own: what it takes is not the driver's. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { startWorld, type World } from "../../../rehearsal/world/world.ts";
import { makeContext } from "../../../src/automation/makeContext.ts";
import { deploy } from "../../../src/automation/promote.ts";
import type { Site, Told } from "./protocol.ts";
import { stuff } from "./stuff.ts";

const environments = ["staging", "production"] as const;

/** Both environments run a release, as those of a user do. */
async function bringUp(world: World): Promise<void> {
  Object.assign(process.env, world.environment);
  // Not in turns with this process: it is what the engine talks to.
  const up = promisify(execFile);
  for (const stack of environments)
    await up(
      join(world.engineRoot, "bin", "pulumi"),
      ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack],
      { cwd: world.workDirectory, env: { ...process.env, ...world.environment }, maxBuffer: 1 << 26 },
    );
  const release = await world.release("1.0.0", "1111111");
  for (const environment of environments) {
    const { workDirectory, environment: variables } = world;
    const context = makeContext({ workDirectory, world, environment: variables, notify: () => undefined });
    await deploy(context, { environment, release, allow: [] });
  }
}

/** Bytes that all images may take: a little less than they do. */
function configure({ workDirectory }: World, storage: number): void {
  for (const name of environments) {
    const file = join(workDirectory, `Pulumi.${name}.yaml`);
    const content = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    content.config["liftlock:retention"] = { storage };
    writeFileSync(file, stringify(content, { lineWidth: 0 }));
  }
}

const send = (told: Told<Site>) => void process.send?.(told);

try {
  const versions = Number(process.argv[2]);
  const directory = mkdtempSync(join(tmpdir(), "liftlock-bench-cleanup-"));
  const world = await startWorld({ directory, hosts: 1, health: { timeout: 60, window: 0 } });
  const end = async () => {
    await world[Symbol.asyncDispose]();
    process.exit();
  };
  process.once("disconnect", () => void end());
  await bringUp(world);
  stuff(world, versions);
  configure(world, versions * 500_000);
  const listed = [...world.registry.store.repositories.values()].reduce(
    (sum, { manifests }) => sum + manifests.size,
    0,
  );
  const { workDirectory, engineRoot, environment } = world;
  send({ result: { workDirectory, engineRoot, environment, versions: listed } });
} catch (error) {
  send({ problem: String(error instanceof Error ? error.stack : error) });
}

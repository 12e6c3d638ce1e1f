/** A world in a process of its own. Takes calls from the process that forked it, and ends with it. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorld, type World } from "../../../rehearsal/world/world.ts";
import { pulumi, running } from "../../journeys/stage.ts";
import { BenchFailure } from "../failure.ts";
import type { Answer, Call, HostState, WorldDescription } from "./protocol.ts";

/** Long enough for many hosts on few cores; no measured deployment waits for it. */
const health = { timeout: 180, window: 0 };

function hostStates(world: World): HostState[] {
  const digests = running(world);
  return world.hosts.hosts
    .filter((host) => host.name.includes("-production-"))
    .map((host, index) => ({
      name: host.name,
      address: host.droplet.address,
      logins: host.sessions.logins,
      digests: digests[index] ?? {},
    }));
}

async function bringUp(world: World): Promise<undefined> {
  for (const stack of ["staging", "production"]) {
    const { exit, output } = await pulumi(world, ["up", "--yes", "--skip-preview", "--stack", stack]);
    if (exit !== 0) throw new BenchFailure(`${stack} did not come up: ${output}`);
  }
}

async function outputOf(world: World, call: Call): Promise<Extract<Answer, { output: unknown }>["output"]> {
  switch (call.name) {
    case "up":
      return bringUp(world);
    case "release":
      return world.release(call.input, "0".repeat(40));
    case "hosts":
      return hostStates(world);
  }
}

const answer = (world: World, call: Call): Promise<Answer> =>
  outputOf(world, call).then(
    (output) => ({ output }),
    (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
  );

const world = await startWorld({
  directory: mkdtempSync(join(tmpdir(), "liftlock-bench-")),
  hosts: Number(process.argv[2]),
  health,
});
let ending: PromiseLike<never> | undefined;
const end = () => {
  ending ??= world[Symbol.asyncDispose]().then(() => process.exit(0));
};
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);
process.on("disconnect", end);
process.on("message", (call: Call) => void answer(world, call).then((reply) => process.send?.(reply)));

const { workDirectory, engineRoot, environment, registry } = world;
process.send?.({
  workDirectory,
  engineRoot,
  environment,
  privateKey: world.secrets.production.privateKey,
  registry: { server: registry.host, username: "example", token: world.registryToken },
} satisfies WorldDescription);

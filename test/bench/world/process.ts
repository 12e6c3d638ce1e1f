/** A world in a process of its own. Takes calls from the process that forked it, and ends with it. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorld, type World } from "../../../rehearsal/world/world.ts";
import { configuration, pulumi, running } from "../../journeys/stage.ts";
import { BenchFailure } from "../failure.ts";
import { Exits } from "./exits.ts";
import type { Answer, Call, HostState, WorldDescription, WorldWish } from "./protocol.ts";
import { takeRequests } from "./requests.ts";

const exits = new Exits();

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
      return world.release(call.input.version, "0".repeat(40), call.input.faults);
    case "hosts":
      return hostStates(world);
    case "requests":
      return takeRequests(world);
    case "watchExits":
      return exits.watch(world);
    case "exits":
      return exits.take();
  }
}

const answer = (world: World, call: Call): Promise<Answer> =>
  outputOf(world, call).then(
    (output) => ({ output }),
    (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
  );

const wish = JSON.parse(process.argv[2] ?? "") as WorldWish;
const world = await startWorld({ directory: mkdtempSync(join(tmpdir(), "liftlock-bench-")), ...wish });
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
  public: configuration(workDirectory)["liftlock:health"] as WorldDescription["public"],
} satisfies WorldDescription);

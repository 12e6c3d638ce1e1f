/** A world in a process of its own. Says on standard output when it is up; ends on SIGTERM, or when its starter is gone. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startWorld } from "./world.ts";

const options = z
  .object({
    directory: z.string(),
    hosts: z.number().int(),
    platform: z.enum(["simulated", "containers"]),
    engineRoot: z.string().optional(),
    keep: z.boolean(),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));
const { engineRoot } = options;
const world = await startWorld({
  directory: options.directory,
  hosts: options.hosts,
  platform: options.platform,
  ...(engineRoot !== undefined && { engineRoot }),
});
let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  void world[Symbol.asyncDispose]().then(() => process.exit(0));
};
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);

const description = {
  pid: process.pid,
  engineRoot: world.engineRoot,
  workDirectory: world.workDirectory,
  environment: world.environment,
};
writeFileSync(join(options.directory, "world.json"), JSON.stringify(description, null, 2), { mode: 0o600 });
const ready = {
  ...description,
  registry: { url: world.registry.url, username: "example", password: world.registryToken },
  signingKey: world.signingKey,
  ports: world.ports,
  ...(world.authority !== undefined && { authority: world.authority }),
  ...(world.busybox && { busybox: Buffer.from(world.busybox).toString("base64") }),
  /** With which the witness reads production's hosts for itself. */
  witnessKey: world.secrets.production.privateKey,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
if (!options.keep) {
  process.stdin.on("end", end).on("close", end);
  process.stdin.resume();
}

import { Client } from "ssh2";
import type { Release } from "../../../src/release/release.ts";
import { BenchFailure } from "../failure.ts";
import type { HostState, WorldDescription } from "../world/protocol.ts";

/** Where the world's hosts answer SSH. */
const port = 2222;

/**
 * The deployment as a short script does it: the product's own project and files, so that the same containers are
 * replaced, with a pins file of its own. Nothing is checked first, nothing is recorded, no migration runs.
 */
const deployScript = `set -eu
cat >"$HOME/bare/pins.yaml"
cd "$HOME/liftlock/shop"
export DOCKER_CONFIG="$HOME/bare"
compose() {
  docker compose --project-name shop --env-file environment --file compose.yaml --file "$HOME/bare/pins.yaml" "$@"
}
compose pull --quiet && compose up --detach --wait`;

/** What `docker login` leaves behind; done once, before anything is measured. */
const loginScript = `umask 077; mkdir -p "$HOME/bare" && cat >"$HOME/bare/config.json"`;

/** One connection, one script, its input. @throws BenchFailure when it does not end with 0 */
function overSsh(host: HostState, privateKey: string, script: string, input: string): Promise<void> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client
      .on("error", reject)
      .on("ready", () =>
        client.exec(script, (error, channel) => {
          if (error) return reject(error);
          let said = "";
          let status: number | null = null;
          channel.resume();
          channel.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
          channel.on("exit", (code: number | null) => {
            status = code;
          });
          channel.on("close", () => {
            client.end();
            if (status === 0) resolve();
            else
              reject(
                new BenchFailure(`the bare script ended with ${status} on ${host.name}: ${said.trim()}`),
              );
          });
          channel.end(input);
        }),
      )
      .connect({ host: host.address, port, username: "liftlock", privateKey })
      .setNoDelay(true);
  });
}

/** Deploys to all hosts side by side over SSH, without the product. */
export class BareScript {
  private readonly world: WorldDescription;
  private readonly hosts: readonly HostState[];

  constructor(world: WorldDescription, hosts: readonly HostState[]) {
    this.world = world;
    this.hosts = hosts;
  }

  /** Leaves the registry's credentials on the hosts, as a machine that deploys this way has them. */
  async logIn(): Promise<void> {
    const { server, username, token } = this.world.registry;
    const auth = Buffer.from(`${username}:${token}`).toString("base64");
    await this.onAll(loginScript, JSON.stringify({ auths: { [server]: { auth } } }));
  }

  /** @returns seconds from the first connection to the last host's healthy services */
  async deploy(release: Release): Promise<number> {
    const services = Object.fromEntries(
      Object.entries(release.images).map(([service, image]) => [service, { image }]),
    );
    const start = performance.now();
    // JSON is YAML.
    await this.onAll(deployScript, JSON.stringify({ services }));
    return (performance.now() - start) / 1000;
  }

  private async onAll(script: string, input: string): Promise<void> {
    await Promise.all(this.hosts.map((host) => overSsh(host, this.world.privateKey, script, input)));
  }
}

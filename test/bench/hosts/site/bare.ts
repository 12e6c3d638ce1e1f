/** Deployments without the product, on the same hosts: by a script, and by compose alone. */
import { BenchFailure } from "../../failure.ts";
import { front, healthcheck } from "./application.ts";
import type { Droplet, Droplets } from "./droplets.ts";
import { shell } from "./shell.ts";

/** Public ports: of the script's own edge, and of what compose alone runs. */
export const ports = { script: 8081, recreate: 8082 } as const;

/** The script's own edge: two servers, of which one has all the weight. */
const edge = `global
  stats socket /home/liftlock/bare/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend public
  bind :${ports.script}
  default_backend ${front}
backend ${front}
  option httpchk GET /healthz
  default-server check inter 500ms fastinter 100ms downinter 100ms rise 1
  server blue 127.0.0.1:31000 weight 100
  server green 127.0.0.1:32000 weight 0
`;

/** Done once, before anything is measured. Input: what \`docker login\` leaves behind. */
const prepareScript = `set -eu
umask 077
mkdir -p "$HOME/bare/recreate"
cat >"$HOME/bare/config.json"
cat >"$HOME/bare/haproxy.cfg" <<'END'
${edge}END
printf 'green\\n' >"$HOME/bare/active"
/usr/sbin/haproxy -D -f "$HOME/bare/haproxy.cfg"`;

/**
 * The least that is safe: pull, start beside what serves, wait until it is healthy and the edge sees it, switch. Nothing is checked, copied,
 * recorded or read back. Input: the release's compose file.
 */
const deployScript = `set -eu
cd "$HOME/bare"
export DOCKER_CONFIG="$HOME/bare"
active=$(cat active)
case $active in blue) slot=green port=32000 ;; *) slot=blue port=31000 ;; esac
sed "s/@port@/$port/" >"$slot.yaml"
docker compose --project-name "bare-$slot" --file "$slot.yaml" up --detach --wait --quiet-pull >"$slot.log" 2>&1 || { cat "$slot.log" >&2; exit 1; }
ask() { printf '%s\\n' "$1" | socat - UNIX-CONNECT:admin.sock; }
until ask 'show stat' | awk -F , -v slot="$slot" '$2 == slot && $18 == "UP" { found = 1 } END { exit !found }'; do sleep 0.05; done
ask "set server ${front}/$slot weight 100; set server ${front}/$active weight 0"
printf '%s\\n' "$slot" >active`;

/** What compose alone does. Input: the release's compose file. */
const recreateScript = `set -eu
cd "$HOME/bare/recreate"
export DOCKER_CONFIG="$HOME/bare"
cat >compose.yaml
docker compose --project-name recreate up --detach --quiet-pull >log 2>&1 || { cat log >&2; exit 1; }`;

const endScript = `docker ps --all --quiet --filter label=com.docker.compose.project=$1 | xargs -r docker rm --force >/dev/null`;

/** One service of the release, at a port. JSON is YAML. */
const composeFile = (image: string, port: string): string =>
  JSON.stringify({
    services: {
      [front]: {
        image,
        restart: "unless-stopped",
        environment: { APP_ENV: "production" },
        ports: [port],
        healthcheck,
      },
    },
  });

/** Deploys past the product, to one host. */
export class Bare {
  private readonly host: Droplet;
  private readonly key: string;

  private constructor(host: Droplet, key: string) {
    this.host = host;
    this.key = key;
  }

  /** Leaves the registry's credentials and an edge of its own on the first host. */
  static async prepare({ world, first }: Droplets): Promise<Bare> {
    const bare = new Bare(first, world.secrets.production.privateKey);
    const auth = Buffer.from(`example:${world.registryToken}`).toString("base64");
    await bare.run(prepareScript, JSON.stringify({ auths: { [world.registry.host]: { auth } } }));
    return bare;
  }

  /** @returns seconds from the connection to the switch */
  async deploy(image: string): Promise<number> {
    const begun = performance.now();
    await this.run(deployScript, composeFile(image, "127.0.0.1:@port@:8080"));
    return (performance.now() - begun) / 1000;
  }

  /** Replaces what runs at {@link ports} `.recreate`, and waits until it answers. */
  async recreate(image: string): Promise<void> {
    await this.run(recreateScript, composeFile(image, `${ports.recreate}:8080`));
    const { address } = this.host;
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      const answer = await fetch(`http://${address}:${ports.recreate}/version`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new BenchFailure(`nothing answers at ${address}:${ports.recreate} after docker compose up`);
  }

  /** Removes the containers of one of the ways. */
  async end(project: "bare-blue" | "bare-green" | "recreate"): Promise<void> {
    await this.run(endScript.replace("$1", project));
  }

  private run(script: string, input = ""): Promise<string> {
    return shell(this.host, this.key, script, input);
  }
}

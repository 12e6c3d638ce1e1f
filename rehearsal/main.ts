/** `npm run rehearse`: the whole product on one machine, with no account. `--help` says more. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { describeMissing, missingRequirements } from "./host/container/requirements.ts";
import { cacheFolder, isCached } from "./host/container/root-file-system.ts";
import { type Ending, type Teller, tellStory } from "./story/story.ts";
import {
  endWorldProcess,
  keptDirectory,
  letGo,
  startWorldProcess,
  stopKeptWorld,
} from "./story/worldProcess.ts";
import { WorldFailure } from "./world/project.ts";
import type { PlatformName } from "./world/world.ts";

const usage = `npm run rehearse -- [options]
  --hosts N        hosts of production (default 2), simulated
  --hosts containers[:N]
                   the same as containers of this machine's engine, with systemd, cloud-init, sshd and Docker
  --engine pulumi  drive the world with the official Pulumi CLI and its plugins, if they are on PATH
  --keep           leave the world up: liftlock status, history, promote, rollback, drift work against it
  --stop           end a kept world
  --json           one JSON object a line on standard output (npm run --silent rehearse -- --json)
`;

const say = (text: string) => void process.stdout.write(`${text}\n`);
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const bold = (text: string, stream: NodeJS.WriteStream) =>
  stream.isTTY ? `\u001b[1m${text}\u001b[22m` : text;

function officialEngine(): string {
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .find((directory) => existsSync(join(directory, "pulumi")));
  if (found !== undefined) return dirname(found);
  throw new WorldFailure(
    "--engine pulumi: expected the official Pulumi CLI on PATH, found none. Without the option the rehearsal engine runs.",
  );
}

function parse() {
  try {
    const { values } = parseArgs({
      options: {
        hosts: { type: "string", default: "2" },
        engine: { type: "string" },
        keep: { type: "boolean", default: false },
        stop: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const [, containers, count = "2"] = /^(containers)(?::(.*))?$/.exec(values.hosts) ?? [
      "",
      "",
      values.hosts,
    ];
    const hosts = Number(count);
    if (!Number.isInteger(hosts) || hosts < 1 || hosts > 60)
      throw new WorldFailure(
        `--hosts: expected a number from 1 to 60, containers, or containers:2, got "${values.hosts}"`,
      );
    const platform: PlatformName = containers ? "containers" : "simulated";
    if (values.engine !== undefined && values.engine !== "pulumi" && values.engine !== "rehearsal")
      throw new WorldFailure(`--engine: expected pulumi or rehearsal, got "${values.engine}"`);
    return { ...values, hosts, platform };
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return process.exit(2);
  }
}

/** The story's last lines, for people and for programs. */
function finish(ending: Ending, engine: string, json: boolean): void {
  const { testimony, promotions, wrong } = ending;
  const out = json ? tell : say;
  for (const host of testimony.hosts)
    out(
      `  ${host.address.padEnd(16)} ${Object.entries(host.digests)
        .map(
          ([service, digest]) =>
            `${service} ${digest.replace("sha256:", "").slice(0, 12)}${service in testimony.pinned ? "" : " (stateful)"}`,
        )
        .join(", ")}`,
    );
  out(
    `  Pinned: ${testimony.release}. ${testimony.agree ? "Every host runs exactly the pinned digests." : "The hosts do NOT run the pinned digests."}`,
  );
  const said = testimony.tags.map(
    ({ tag, version, pinned }) => `${tag} → ${version}${pinned ? "" : " (NOT what is pinned)"}`,
  );
  out(`  In the registry: ${said.join(", ")}.`);
  for (const line of wrong) out(`  ✗ ${line}`);
  if (json)
    say(
      JSON.stringify({
        event: "rehearsal.finished",
        engine,
        promotions: promotions.map((p) => ({
          release: p.release.version,
          state: p.status,
          ...(p.reason && { failure: p.reason.code, message: p.reason.message }),
          seconds: p.seconds,
          ...(p.recoverySeconds !== undefined && { recoverySeconds: p.recoverySeconds }),
          steps: p.steps.map(({ name, seconds }) => ({ name, seconds })),
        })),
        production: {
          release: testimony.release,
          digests: testimony.pinned,
          tags: Object.fromEntries(testimony.tags.map(({ tag, version }) => [tag, version])),
        },
      }),
    );
}

/** Nothing is begun on a machine that cannot finish it. */
async function verifyMachine(out: (text: string) => void): Promise<void> {
  const missing = await missingRequirements();
  if (missing.length === 0) {
    const cache = cacheFolder(process.env);
    if (!isCached(cache))
      out(`The hosts' root file system is built first, once, in ${cache}: about a minute.`);
    return;
  }
  tell(`--hosts containers: this machine lacks something.\n${describeMissing(missing)}`);
  process.exit(2);
}

async function rehearse(options: ReturnType<typeof parse>): Promise<number> {
  const { json, keep, hosts, platform } = options;
  const [stream, out] = json ? [process.stderr, tell] : [process.stdout, say];
  const begun = performance.now();
  const since = () => ((performance.now() - begun) / 1000).toFixed(1).padStart(5);
  const event = (name: string, fields: object) =>
    json && say(JSON.stringify({ event: name, seconds: Number(since()), ...fields }));
  out(
    bold(
      "Liftlock rehearsal: a cloud, a code host, a registry, hosts and an engine, all on this machine.",
      stream,
    ),
  );
  out("No account is needed and nothing outside is touched.");
  if (platform === "containers") await verifyMachine(out);
  const teller: Teller = {
    chapter: (title) => {
      out(`\n${bold(`[${since()} s] ${title}`, stream)}`);
      event("rehearsal.chapter", { title });
    },
    done: (what, seconds) => {
      out(`  ${what.padEnd(94)} ${seconds.toFixed(1)} s`);
      event("rehearsal.done", { what, took: seconds });
    },
    people: json ? 2 : 1,
  };
  teller.chapter("The world comes up");
  const start = performance.now();
  const engineRoot = options.engine === "pulumi" ? officialEngine() : undefined;
  const world = await startWorldProcess({ hosts, platform, keep, engineRoot });
  const engine = engineRoot === undefined ? "rehearsal" : "pulumi";
  teller.done(
    `DigitalOcean, GitHub, registry, ${engine} engine, project`,
    (performance.now() - start) / 1000,
  );
  try {
    return conclude(await tellStory(world, teller), engine, options, since, out);
  } finally {
    if (keep) letGo(world);
    else await endWorldProcess(world);
  }
}

function conclude(
  ending: Ending,
  engine: string,
  options: { json: boolean; keep: boolean },
  since: () => string,
  out: (text: string) => void,
): number {
  finish(ending, engine, options.json);
  const verdict =
    ending.wrong.length === 0 ? "The rehearsal went as it should" : "The rehearsal did NOT go as it should";
  out(`\n${verdict}, in ${since().trim()} s.`);
  if (options.keep) {
    out(`The world is kept in ${keptDirectory}. Look around:`);
    out("  npx liftlock status    npx liftlock history    npx liftlock rollback    npx liftlock drift");
    out("End it with:  npm run rehearse -- --stop");
  }
  return ending.wrong.length === 0 ? 0 : 1;
}

const options = parse();
try {
  if (options.help) say(usage);
  else if (options.stop) say((await stopKeptWorld()) ? "The kept world has ended." : "No world was kept.");
  else process.exitCode = await rehearse(options);
} catch (error) {
  tell(error instanceof WorldFailure ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
}

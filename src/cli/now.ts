import { hostname, userInfo } from "node:os";
import { parseArgs } from "node:util";
import { describeSwitch, switchBack } from "../automation/switchBack.ts";
import { openLedger } from "../ledger/openLedger.ts";
import { asFailure } from "../release/failure.ts";
import { releaseId } from "../release/release.ts";
import { failureText } from "./render/failure.ts";
import { findWorld } from "./world.ts";

/**
 * `liftlock rollback --now`: gives traffic back at the edges before engine, SDK and command line are loaded, which takes longer than the
 * switch itself. The command goes on with the ordinary rollback to the same release. It loads nothing that is not needed for it.
 */
const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: {
    json: { type: "boolean" },
    directory: { type: "string", short: "C", default: process.cwd() },
    engine: { type: "string" },
    world: { type: "string" },
    "no-world": { type: "boolean" },
    to: { type: "string" },
    reason: { type: "string" },
    override: { type: "string", multiple: true },
    now: { type: "boolean" },
  },
});

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

async function begin(): Promise<void> {
  const directory = text(values.directory) ?? process.cwd();
  const world = values["no-world"] === true ? undefined : findWorld(directory, text(values.world));
  const variables = { ...process.env, ...world?.environment };
  const workDirectory = world?.workDirectory ?? directory;
  const login = process.env["GITHUB_ACTOR"];
  const actor = login ? `${login}@github` : `${userInfo().username}@${hostname()}`;
  await using ledger = await openLedger({ workDirectory, environment: variables });
  const switched = await switchBack({
    workDirectory,
    environment: positionals[1] ?? "production",
    to: text(values.to),
    actor,
    why: text(values.reason) ?? `asked for by ${actor}`,
    variables,
    ledger,
  });
  if (!switched) {
    process.stderr.write("The hosts are not known in this checkout yet: the ordinary rollback goes ahead.\n");
    return;
  }
  process.env["LIFTLOCK_SWITCHED_BACK"] = releaseId(switched.release);
  const { release, milliseconds, hosts } = switched;
  if (values.json === true) {
    const event = {
      event: "rollback.switched",
      release: { id: releaseId(release), version: release.version },
    };
    process.stdout.write(`${JSON.stringify({ ...event, milliseconds, hosts })}\n`);
  }
  (values.json === true ? process.stderr : process.stdout).write(`${describeSwitch(switched)}\n`);
}

if (positionals[0] === "rollback")
  try {
    await begin();
  } catch (thrown) {
    // The ordinary rollback says what is wrong, and does what can be done.
    process.stderr.write(`${failureText(asFailure(thrown))}\n`);
  }

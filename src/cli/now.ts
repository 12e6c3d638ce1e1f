import { parseArgs } from "node:util";
import { actor } from "../automation/actor.ts";
import { deriveAhead } from "../automation/sealKey.ts";
import type { Failure } from "../release/failure.ts";

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

// While everything else is loaded, another core derives the key: either takes a quarter of a second.
deriveAhead(text(values.directory) ?? process.cwd(), positionals[1] ?? "production", process.env);
const { describeSwitch, switchBack } = await import("../automation/switchBack.ts");
const { openLedger } = await import("../ledger/openLedger.ts");
const { asFailure } = await import("../release/failure.ts");
const { releaseId } = await import("../release/release.ts");
const { exits } = await import("./exit.ts");
const { failureText } = await import("./render/failure.ts");
const { findWorld } = await import("./world.ts");

async function begin(): Promise<void> {
  const directory = text(values.directory) ?? process.cwd();
  const world = values["no-world"] === true ? undefined : findWorld(directory, text(values.world));
  const variables = { ...process.env, ...world?.environment };
  const workDirectory = world?.workDirectory ?? directory;
  const who = actor(process.env);
  await using ledger = await openLedger({ workDirectory, environment: variables });
  const switched = await switchBack({
    workDirectory,
    environment: positionals[1] ?? "production",
    to: text(values.to),
    actor: who,
    why: text(values.reason) ?? `asked for by ${who}`,
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

/** Ends here: what the ordinary rollback would do by itself is not what was meant. */
function refuse({ code, message, hint, fault }: Failure): never {
  const event = { event: "failed", time: new Date().toISOString(), code, message, hint, fault };
  if (values.json === true) process.stdout.write(`${JSON.stringify(event)}\n`);
  process.exit(exits.usage);
}

if (positionals[0] === "rollback")
  try {
    await begin();
  } catch (thrown) {
    const failure = asFailure(thrown);
    process.stderr.write(`${failureText(failure)}\n`);
    if (failure.code === "UsageInvalid") refuse(failure);
    // Of anything else the ordinary rollback says what is wrong, and does what can be done.
  }

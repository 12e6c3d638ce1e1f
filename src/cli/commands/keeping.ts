import type { Command } from "commander";
import { cleanup } from "../../automation/cleanup.ts";
import { metrics, metricsText } from "../../automation/metrics.ts";
import { releases } from "../../automation/releases.ts";
import { addressProblem, pushMetrics } from "../../health/pushgateway.ts";
import { exits } from "../exit.ts";
import { globalOptions, usage } from "../options.ts";
import { cleanupText } from "../render/cleanup.ts";
import { metricsTable } from "../render/metrics.ts";
import { releasesText } from "../render/releases.ts";
import { inSession, type Session } from "../session.ts";
import { writeTextfile } from "../textfile.ts";

const addReleases = (program: Command) =>
  program
    .command("releases")
    .description(
      "which releases there are, where they run, where they were verified, and where they are vetoed",
    )
    .option("--limit <number>", "how many, the newest first", "20")
    .action((options: { limit: string }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1)
          throw usage(`expected --limit with a number of releases, got "${options.limit}"`);
        const all = await releases(context);
        const shown = all.slice(0, limit);
        show("releases", { releases: shown, known: all.length }, releasesText(shown, all.length));
        return exits.done;
      }),
    );

const addCleanup = (program: Command) =>
  program
    .command("cleanup")
    .description("what old images take up, and what may go; deletes nothing without --apply")
    .option("--apply", "delete it, from the registry and from the hosts; once an hour at most")
    .action(({ apply = false }: { apply?: boolean }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const report = await cleanup(context, { apply });
        show("cleanup", report, cleanupText(report));
        return exits.done;
      }),
    );

interface MetricsOptions {
  format: string;
  textfile?: string;
  push?: string;
}

async function showMetrics({ context, show }: Session, options: MetricsOptions): Promise<number> {
  const { format, textfile, push } = options;
  if (format !== "text" && format !== "prometheus")
    throw usage(`expected --format text or prometheus, got "${format}"`);
  const problem = push === undefined ? undefined : addressProblem(push);
  if (problem !== undefined) throw usage(`--push: ${problem}`);
  const report = await metrics(context);
  const text = metricsText(report);
  show("metrics", report, format === "prometheus" ? text.trimEnd() : metricsTable(report));
  if (textfile !== undefined) writeTextfile(textfile, text);
  const refused = push === undefined ? undefined : await pushMetrics(push, text);
  if (refused === undefined) return exits.done;
  context.notify({ code: "warning", payload: { message: `the metrics were not pushed: ${refused}` } });
  return exits.failed;
}

const addMetrics = (program: Command) =>
  program
    .command("metrics")
    .description("how often, how fast and how well releases come, from the ledger")
    .option("--format <format>", "text, or prometheus", "text")
    .option("--textfile <file>", "write them there too, for node_exporter's textfile collector")
    .option("--push <url>", "push them to this Pushgateway too")
    .action((options: MetricsOptions, command: Command) =>
      inSession(globalOptions(command), (session) => showMetrics(session, options)),
    );

/** Commands that look after what was released: which releases there are, which images stay, and what became of them. */
export function addKeeping(program: Command): void {
  for (const add of [addReleases, addCleanup, addMetrics]) add(program);
}

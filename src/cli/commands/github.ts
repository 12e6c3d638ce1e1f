import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { DriverContext } from "../../automation/context.ts";
import { previewEnvironment } from "../../automation/preview.ts";
import { type Rotation, rotateSecret } from "../../automation/secretsRotate.ts";
import { variablesOf } from "../../automation/telling.ts";
import { requireGitHub } from "../../github/client.ts";
import { commentLimit, writeComment } from "../../github/comment.ts";
import { repositoryIn } from "../../github/repository.ts";
import { Failure } from "../../release/failure.ts";
import { exitOf, exitOfResult, exits } from "../exit.ts";
import { globalOptions, usage } from "../options.ts";
import { previewComment, previewMarkdown, previewMarker } from "../render/previewComment.ts";
import { previewText } from "../render/previewText.ts";
import { inSession } from "../session.ts";

interface PreviewOptions {
  comment?: string;
  markdown?: string;
  since?: string;
}

/** The number of a pull request. @throws Failure `UsageInvalid` */
function pullRequestIn(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw usage(`expected --comment with a pull request's number, got "${text}"`);
}

/** Where comments go. @throws Failure `ConfigInvalid`, `TokenMissing` */
function commenting(context: DriverContext, environment: string) {
  const { repository } = context.workspace.input(environment).config;
  const github = requireGitHub(variablesOf(context));
  if (repository) return { github, repository: repositoryIn(repository) };
  throw new Failure({
    code: "ConfigInvalid",
    message: `expected liftlock:repository in Pulumi.${environment}.yaml, which says where pull requests are; found none`,
    hint: "Configure it, or leave --comment out.",
    fault: "user",
  });
}

const addPreview = (program: Command) =>
  program
    .command("preview <environment>")
    .description("what an update to this checkout would do; touches nothing, exit 3 when it would be refused")
    .option("--comment <pull request>", "write it as the one comment on a pull request of this number")
    .option("--markdown <file>", "write the whole report as Markdown")
    .option("--since <commit>", "look only at migrations that changed since this commit or branch")
    .action((environment: string, options: PreviewOptions, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const number = options.comment === undefined ? undefined : pullRequestIn(options.comment);
        // Asked for before the engine is: a missing token must not cost minutes.
        const place = number === undefined ? undefined : commenting(context, environment);
        const report = await previewEnvironment(context, environment, options.since);
        const mask = (text: string) => context.secrets.mask(text);
        if (options.markdown !== undefined) writeFileSync(options.markdown, mask(previewMarkdown(report)));
        show("preview", report, previewText(report));
        if (place && number !== undefined) {
          const body = mask(previewComment(report, commentLimit));
          const marker = previewMarker(report.environment);
          const comment = await writeComment(place.github, place.repository, { number, marker, body });
          show("preview.comment", comment, `Comment ${comment.action}: ${comment.url}`);
        }
        const refused = report.checks.find(({ refusal }) => refusal !== undefined)?.refusal;
        return refused ? exitOf(new Failure(refused)) : exits.done;
      }),
    );

/** The new value: made, or what is piped in, without the line's end. @throws Failure `UsageInvalid` */
function newValue(generate: true | undefined): string {
  if (generate) return randomBytes(32).toString("base64url");
  if (process.stdin.isTTY)
    throw usage("expected the new value on standard input, or --generate", "… | liftlock secrets rotate …");
  return readFileSync(0, "utf8").replace(/\r?\n$/, "");
}

/** What was rotated; the value is in none of it. */
const rotationText = ({ environment, name, places, result }: Rotation): string =>
  [
    `${name} has a new value in ${places.map((place) => `liftlock:${place}`).join(", ")}.`,
    result
      ? `${environment} was deployed with it: ${result.status}.`
      : "GitHub has it; jobs that begin now get it.",
    `Now commit Pulumi.${environment}.yaml.`,
  ].join("\n");

const addSecrets = (program: Command) =>
  program
    .command("secrets")
    .description("secrets of an environment")
    .command("rotate <environment> <name>")
    .description(
      "give a secret a new value, from standard input, in the configuration, at GitHub and on the hosts",
    )
    .option("--generate", "make the new value: 32 random bytes in base64url")
    .option("--reason <text>", "why; written to the ledger")
    .action(
      (environment: string, name: string, options: { generate?: true; reason?: string }, command: Command) =>
        inSession(globalOptions(command), async ({ context, show }) => {
          const value = newValue(options.generate);
          const rotation = await rotateSecret(context, { environment, name, value, reason: options.reason });
          show("secrets.rotated", rotation, rotationText(rotation));
          return rotation.result ? exitOfResult(rotation.result) : exits.done;
        }),
    );

/** Commands of the GitHub side. */
export function addGitHub(program: Command): void {
  for (const add of [addPreview, addSecrets]) add(program);
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exitOf, exits } from "../../src/cli/exit.ts";
import { Failure, type FailureCode, failureCodes } from "../../src/release/failure.ts";
import { root } from "./comments.ts";

const definition = "src/release/failure.ts";

/** Files that name codes without raising them. */
const naming = [definition, "src/cli/exit.ts"];

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The codes under the headings that the source gives them as comments. */
function groups(): { title: string; codes: FailureCode[] }[] {
  const table = /failureCodes = \{\n([\s\S]*?)\n\} as const/.exec(read(definition))?.[1] ?? "";
  const found: { title: string; codes: FailureCode[] }[] = [];
  for (const line of table.split("\n")) {
    const title = /^ {2}\/\/ (.+)$/.exec(line)?.[1];
    if (title !== undefined) found.push({ title: title.replace(/ \([^)]*\)$/, ""), codes: [] });
    const code = /^ {2}(\w+):/.exec(line)?.[1];
    if (code !== undefined && code in failureCodes) found.at(-1)?.codes.push(code as FailureCode);
  }
  return found;
}

/** All sources of the product in which a failure may be raised. */
const sources = (): string =>
  ["src", "infra", "stacks", "bin"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((path) => /\.(ts|mjs)$/.test(path) && !naming.includes(path))
    .map(read)
    .join("\n");

const isRaised = (code: FailureCode, text: string): boolean =>
  text.includes(`"${code}"`) || read(definition).includes(`code: "${code}"`);

/** The exit code of a command that a failure ends, by whose fault it is where that matters. */
function exitWords(code: FailureCode): string {
  const of = (fault: "user" | "environment") => exitOf(new Failure({ code, message: "", fault }));
  const [user, environment] = [of("user"), of("environment")];
  return user === environment ? `${user}` : `${user} for a file of yours, ${environment} on a host`;
}

const meanings: Readonly<Record<keyof typeof exits, string>> = {
  done: "Done. A rollback that a person asked for ends so too.",
  failed: "Failed; or `liftlock status` found a problem.",
  usage: "The command line, the configuration or a file is wrong. Nothing was touched.",
  refused: "Refused. Nothing was touched.",
  rolledBack: "The release did not come; the environment was put back and is healthy.",
  drift: "`liftlock drift` found differences.",
  interrupted: "Stopped by a signal.",
};

const exitTable = (): string =>
  Object.entries(exits)
    .map(([name, code]) => `| ${code} | ${meanings[name as keyof typeof exits]} |`)
    .join("\n");

/** The reference page of exit codes and failure codes. */
export function errorsPage(): string {
  const text = sources();
  const sections = groups().map(({ title, codes }) => {
    const lines = codes.map((code) => {
      const reserved = isRaised(code, text) ? "" : " *Reserved: nothing raises it yet.*";
      return `| \`${code}\` | ${failureCodes[code].replaceAll("<", "\\<")}${reserved} | ${exitWords(code)} |`;
    });
    const heading = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
    return `### ${heading}\n\n| code | meaning | exit |\n| --- | --- | --- |\n${lines.join("\n")}\n`;
  });
  return `# Exit codes and failures

A failure is told as \`Code: what was expected, what was found, where\`, followed by the next command to type. With
\`--json\` it is one object with \`code\`, \`message\`, \`hint\` and \`fault\`. The codes are a closed list.

Made from \`${definition}\` and \`src/cli/exit.ts\` by \`npm run docs\`.

## Exit codes

| exit | meaning |
| --- | --- |
${exitTable()}

## Failures

"exit" is the exit code of a command that this failure ends. A promotion that fails with any code and is put back ends
with ${exits.rolledBack} instead, and one that was stopped by a signal with ${exits.interrupted}.

${sections.join("\n")}`;
}

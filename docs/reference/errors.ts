import { exitOf, exits } from "../../src/cli/exit.ts";
import { conclusion } from "../../src/cli/render/conclusion.ts";
import { failureText } from "../../src/cli/render/failure.ts";
import { planPromotion, type Reason, transition } from "../../src/plan/promotion.ts";
import { Failure, type FailureCode, failureCodes } from "../../src/release/failure.ts";
import { failureExamples } from "./examples/failures.ts";
import { unapproved } from "./examples/results.ts";
import type { Example } from "./examples/told.ts";
import { productSources, readSource, type Source } from "./sources.ts";
import { textsOf } from "./texts.ts";

const definition = "src/release/failure.ts";

/** Files that name codes without raising them. */
const naming = [definition, "src/cli/exit.ts"];

/** The codes under the headings that the source gives them as comments. */
function groups(): { title: string; codes: FailureCode[] }[] {
  const table = /failureCodes = \{\n([\s\S]*?)\n\} as const/.exec(readSource(definition).text)?.[1] ?? "";
  const found: { title: string; codes: FailureCode[] }[] = [];
  for (const line of table.split("\n")) {
    const title = /^ {2}\/\/ (.+)$/.exec(line)?.[1];
    if (title !== undefined) found.push({ title: title.replace(/ \([^)]*\)$/, ""), codes: [] });
    const code = /^ {2}(\w+):/.exec(line)?.[1];
    if (code !== undefined && code in failureCodes) found.at(-1)?.codes.push(code as FailureCode);
  }
  return found;
}

/** Sources that may raise a code. */
const raising = (code: FailureCode, sources: readonly Source[]): Source[] =>
  sources.filter(({ path, text }) =>
    naming.includes(path) ? text.includes(`code: "${code}"`) : text.includes(`"${code}"`),
  );

/** The exit code of a command that a failure ends, by whose fault it is where that matters. */
function exitWords(code: FailureCode): string {
  const of = (fault: "user" | "environment") => exitOf(new Failure({ code, message: "", fault }));
  const [user, environment] = [of("user"), of("environment")];
  return user === environment ? `${user}` : `${user} for a file of yours, ${environment} on a host`;
}

const meanings: Readonly<Record<keyof typeof exits, string>> = {
  done: "Done. A rollback that a person asked for ends so too.",
  failed: "Failed; or `liftlock status` or `liftlock audit verify` found a problem.",
  usage: "The command line, the configuration or a file is wrong. Nothing was touched.",
  refused: "Refused, or waiting for approval. Nothing was touched.",
  rolledBack: "The release did not come; the environment was put back and is healthy.",
  drift: "`liftlock drift` found differences.",
  interrupted: "Stopped by a signal.",
};

const exitTable = (): string =>
  Object.entries(exits)
    .map(([name, code]) => `| ${code} | ${meanings[name as keyof typeof exits]} |`)
    .join("\n");

const examples: Readonly<Partial<Record<FailureCode, Example>>> = failureExamples;

/** The example of a code, or what is wrong with it. */
function exampleOf(code: FailureCode, sources: readonly Source[]): Reason | { problem: string } {
  const example = examples[code];
  if (!example) return { problem: "no example" };
  const reason = example.by === "code" ? example.reason() : example.reason;
  if (reason?.code !== code) return { problem: `its example is of ${reason?.code ?? "nothing"}` };
  const known = sources.flatMap(textsOf);
  if (example.by === "hand" && !known.some((text) => text.test(reason.message)))
    return { problem: `no source says what its example says: "${reason.message}"` };
  return reason;
}

/** How people see it. What they have not agreed to ends a promotion; everything else is shown as what ended a command. */
function shown(reason: Reason): string {
  const { status } = transition(planPromotion([{ name: "approval" }]), { type: "failed", reason });
  return status === "Failed" ? failureText(new Failure(reason)) : conclusion(unapproved(status, reason));
}

function entry(code: FailureCode, reason: Reason): string {
  const said = shown(reason);
  return `#### \`${code}\`\n\n${failureCodes[code].replaceAll("<", "\\<")} Exit ${exitWords(code)}.\n\n\`\`\`text\n${said}\n\`\`\`\n`;
}

/** The reference page of exit codes and failure codes, and the codes whose example is missing or not what the code says. */
export function errorsPage(): { text: string; problems: string[] } {
  const sources = productSources();
  const problems: string[] = [];
  const reserved: FailureCode[] = [];
  const sections = groups().map(({ title, codes }) => {
    const entries = codes.flatMap((code) => {
      const files = raising(code, sources);
      if (files.length === 0) {
        reserved.push(code);
        return [];
      }
      const example = exampleOf(code, files);
      if (!("problem" in example)) return [entry(code, example)];
      problems.push(`failure ${code}: ${example.problem}; write it in docs/reference/examples`);
      return [];
    });
    const heading = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
    return `### ${heading}\n\n${entries.join("\n")}`;
  });
  const text = `# Exit codes and failures

A failure is told as \`Code: what was expected, what was found, where\`, one that refuses as \`Refused (Code): …\`, followed
by the next command to type. With \`--json\` it is one object with \`code\`, \`message\`, \`hint\` and \`fault\`. The codes are a
closed list.

Made from \`${definition}\` and \`src/cli/exit.ts\` by \`npm run docs\`; the examples are what the code says, with values of an
example.

## Exit codes

| exit | meaning |
| --- | --- |
${exitTable()}

## Failures

"Exit" is the exit code of a command that this failure ends. A promotion that fails with any code and is put back ends
with ${exits.rolledBack} instead, and one that was stopped by a signal with ${exits.interrupted}.

${sections.join("\n")}${reserved.length === 0 ? "" : `\nReserved, and raised by nothing yet: ${reserved.map((code) => `\`${code}\``).join(", ")}.\n`}`;
  return { text, problems };
}

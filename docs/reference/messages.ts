import ts from "typescript";
import type { Message, MessageCode } from "../../src/automation/messages.ts";
import { jsonRenderer } from "../../src/cli/render/json.ts";
import { messageExamples } from "./examples/messages.ts";
import { now } from "./examples/story.ts";
import { commentOf, productSources } from "./sources.ts";
import { fileAt, typesIn, typesNamed } from "./types.ts";

const definition = "src/automation/messages.ts";

/** The registry of messages: one member for each code. */
function registry(): ts.PropertySignature[] {
  const found = fileAt(definition).statements.find(
    (node): node is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(node) && node.name.text === "MessagePayloads",
  );
  return found?.members.filter((member) => ts.isPropertySignature(member)) ?? [];
}

const codeOf = ({ name }: ts.PropertySignature): string =>
  ts.isStringLiteral(name) ? name.text : name.getText();

/** A message as `--json` prints it. */
function line(message: Message): string {
  let text = "";
  jsonRenderer(
    (written) => {
      text += written;
    },
    () => now,
  )(message);
  return text.trimEnd();
}

/** What a command shows, besides messages. */
function results(): string[] {
  const found = productSources()
    .filter(({ path }) => path.startsWith("src/cli/commands/"))
    .flatMap(({ text }) => [...text.matchAll(/\bshow\(\s*"([\w.]+)"/g)].map(([, event = ""]) => event));
  return [...new Set(found)].sort();
}

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;

/** A member's type as it is written, moved to the left. */
const shapeOf = (member: ts.PropertySignature): string =>
  (member.type?.getText() ?? "").replaceAll("\n  ", "\n");

/** The reference page of the driver's messages, and the codes that lack a description or an example. */
export function messagesPage(): { text: string; problems: string[] } {
  const members = registry();
  const problems: string[] = [];
  const known: Readonly<Record<string, readonly Message["payload"][] | undefined>> = messageExamples;
  const sections = members.map((member) => {
    const code = codeOf(member);
    const comment = commentOf(member);
    const payloads = known[code] ?? [];
    if (comment === "")
      problems.push(`message ${code}: nobody says when it is sent; write it in ${definition}`);
    if (payloads.length === 0)
      problems.push(`message ${code}: no example; write it in docs/reference/examples/messages.ts`);
    const lines = payloads.map((payload) => line({ code: code as MessageCode, payload } as Message));
    return `### \`${code}\`\n\n${comment}\n\n${block("ts", shapeOf(member))}\n${block("json", lines.join("\n"))}`;
  });
  const types = typesNamed(
    fileAt(definition),
    members.flatMap((member) => (member.type ? typesIn(member.type) : [])),
  ).map(
    ({ name, comment, text }) =>
      `### ${name}\n\n${comment === "" ? "" : `${comment}\n\n`}${block("ts", text)}`,
  );
  const text = `# Messages

With \`--json\` every command prints one JSON object a line on standard output, and what is for people on standard error. An
object has \`event\`, and then what that event carries. Messages of the driver have the time at which they were printed (\`time\`,
ISO 8601); they are told here. Secrets are masked in all of them.

What a command was asked for is its last line: ${results()
    .map((event) => `\`${event}\``)
    .join(", ")}; for commands that change what runs it is
\`promotion.finished\`. A command that could not do it ends with \`failed\`: \`code\`, \`message\`, \`hint\`, \`fault\`
([errors.md](errors.md)).

Made from \`${definition}\` by \`npm run docs\`. Shapes are TypeScript; \`?\` marks what may be absent, \`Date\` is printed in ISO 8601,
\`FailureCode\` is a code of [errors.md](errors.md).

## Codes

${sections.join("\n")}
## Types

${types.join("\n")}`;
  return { text, problems };
}

/** `npm run docs`: writes the reference pages from the sources. `--check` writes nothing and fails when one is out of date. Both fail when an
 * entry lacks its description or its example. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationPage } from "./reference/configuration.ts";
import { errorsPage } from "./reference/errors.ts";
import { messagesPage } from "./reference/messages.ts";

const check = process.argv.includes("--check");
const configuration = configurationPage();
const errors = errorsPage();
const messages = messagesPage();
const pages = {
  "configuration.md": configuration.text,
  "errors.md": errors.text,
  "messages.md": messages.text,
};

const problems = [
  ...configuration.problems.map(
    (problem) => `${problem}; write it in the schema's source or docs/reference/descriptions.ts`,
  ),
  ...errors.problems,
  ...messages.problems,
];
for (const [name, text] of Object.entries(pages)) {
  const path = join(import.meta.dirname, name);
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (before === text) continue;
  if (check) problems.push(`docs/${name} is out of date: npm run docs`);
  else writeFileSync(path, text);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

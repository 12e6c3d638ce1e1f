/** `npm run docs`: writes the reference pages from the sources. `--check` writes nothing and fails when one is out of date. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationPage } from "./reference/configuration.ts";
import { errorsPage } from "./reference/errors.ts";

const check = process.argv.includes("--check");
const configuration = configurationPage();
const pages = { "configuration.md": configuration.text, "errors.md": errorsPage() };

const problems = configuration.problems.map(
  (problem) => `${problem}; write it in stacks/schema.ts or docs/reference/descriptions.ts`,
);
for (const [name, text] of Object.entries(pages)) {
  const path = join(import.meta.dirname, name);
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (before === text) continue;
  if (check) problems.push(`docs/${name} is out of date: npm run docs`);
  else writeFileSync(path, text);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

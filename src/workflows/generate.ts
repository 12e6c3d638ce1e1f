/** Writes `.github/workflows`, or says with `--check` which files are not what their source says. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workflows } from "./all.ts";
import { workflowText } from "./write.ts";

const directory = join(import.meta.dirname, "..", "..", ".github", "workflows");
const files = workflows.map((workflow) => ({
  path: join(directory, `${workflow.name}.yaml`),
  text: workflowText(workflow),
}));
const stale = files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text);

if (process.argv.includes("--check")) {
  for (const { path } of stale) process.stderr.write(`${path} is out of date: npm run workflows\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(directory, { recursive: true });
  for (const { path, text } of stale) writeFileSync(path, text);
  process.stdout.write(`${stale.length} of ${files.length} workflows written.\n`);
}

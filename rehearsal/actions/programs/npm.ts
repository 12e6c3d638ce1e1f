/** Stands in for `npm ci`: packages are there already, linked into the checkout; only looks whether they are. */
import { existsSync } from "node:fs";
import { fail, parsed } from "./arguments.ts";

const { positionals, values } = parsed(process.argv.slice(2), {
  "no-audit": { type: "boolean" },
  "no-fund": { type: "boolean" },
  omit: { type: "string" },
  prefix: { type: "string" },
});
if (positionals.join(" ") !== "ci") fail(`npm ${positionals.join(" ")} is not stood in for`);
const at = values.prefix ?? ".";
for (const name of ["package-lock.json", "node_modules"])
  if (!existsSync(`${at}/${name}`)) fail(`expected ${name} in ${at}, found none`);
process.stdout.write("Packages are as the lock file says.\n");

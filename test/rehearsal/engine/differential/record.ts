// Tells every scenario to a real engine and keeps the results: node test/rehearsal/engine/differential/record.ts [scenario…]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRealEngine } from "./engines.ts";
import { scenarios } from "./scenarios.ts";
import { tell } from "./tell.ts";

const scratch = mkdtempSync(join(tmpdir(), "liftlock-record-"));
const engine = findRealEngine(scratch);
const directory = join(import.meta.dirname, "recorded");
mkdirSync(directory, { recursive: true });
let failed = false;
if (!engine) {
  process.stderr.write("no real engine: set LIFTLOCK_REAL_PULUMI to the directory that holds bin/pulumi\n");
  failed = true;
} else {
  const asked = process.argv.slice(2);
  for (const [name, steps] of Object.entries(scenarios)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const results = await tell([engine], steps);
    const unexpected = results.filter(({ result }) => result.startsWith("failed otherwise"));
    for (const { step, result } of unexpected) process.stderr.write(`${name} ${step}: ${result}\n`);
    writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
    process.stdout.write(`recorded ${name}: ${results.length} steps\n`);
  }
}
rmSync(scratch, { recursive: true, force: true });
// The SDK keeps handlers that would keep the process alive.
process.exit(failed ? 1 : 0);

/**
 * Records what a cosign makes, for machines without one:
 * `node test/trust/record.ts <executable> <version>` writes `recorded/cosign-<version>.json`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signWithCosign } from "./cosign.ts";

const [executable, version] = process.argv.slice(2);
if (executable === undefined || version === undefined)
  throw new TypeError("expected the executable and its version");
const directory = join(import.meta.dirname, "recorded");
mkdirSync(directory, { recursive: true });
const recording = await signWithCosign(executable, version);
writeFileSync(join(directory, `cosign-${version}.json`), `${JSON.stringify(recording, null, 1)}\n`);

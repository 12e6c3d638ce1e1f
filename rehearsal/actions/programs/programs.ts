/** Puts the stand-ins for programs of a build machine where a runner's PATH finds them. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const programs: Readonly<Record<string, URL>> = {
  cosign: new URL("./cosign.ts", import.meta.url),
  docker: new URL("./docker.ts", import.meta.url),
  npm: new URL("./npm.ts", import.meta.url),
  npx: new URL("./npx.ts", import.meta.url),
  trivy: new URL("./trivy.ts", import.meta.url),
};

/** Writes them into a directory, to be the first of PATH. They run on the Node that runs this. */
export function installPrograms(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, program] of Object.entries(programs)) {
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${fileURLToPath(program)}' "$@"\n`);
    chmodSync(file, 0o755);
  }
}

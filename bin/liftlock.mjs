#!/usr/bin/env node
// Pulumi's SDK wants Node 22, and the sources are TypeScript that Node itself strips: an older Node hands over to the one
// that `npm ci` brought.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
// The emergency way back begins before the rest is even loaded.
const now = fileURLToPath(new URL("../src/cli/now.ts", import.meta.url));
const own = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 19)) {
  // The engine takes `node` from PATH: it must be this one.
  process.env.PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}`;
  enableCompileCache?.();
  // Whoever reads may go away, `head` or a log of CI: what was begun is brought to its end. Unheard, each failing write would besides be an
  // error that the engine's SDK writes, again and again.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  if (process.argv.includes("--now")) await import(now);
  await import(main);
} else if (existsSync(own)) {
  const child = spawn(
    own,
    [
      join(import.meta.dirname ?? dirname(fileURLToPath(import.meta.url)), "liftlock.mjs"),
      ...process.argv.slice(2),
    ],
    {
      stdio: "inherit",
    },
  );
  // The terminal sends its signals to the whole group; those for this process alone are handed on.
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {});
  child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
} else {
  process.stderr.write(
    `EngineUnavailable: expected Node 22.19 or newer, found ${process.versions.node}.\n  npm ci   (brings a fitting Node into node_modules)\n`,
  );
  process.exit(2);
}

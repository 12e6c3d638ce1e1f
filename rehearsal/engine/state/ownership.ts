// The engine works only in backends of its own: a rehearsal must never touch the state of a real cloud.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../failure.ts";
import { engineVersion } from "../version.ts";
import { namesIn, writeWhole } from "./files.ts";

const MARKER = "rehearsal.yaml";

/**
 * Refuses a `.pulumi` directory that another tool made.
 * @throws EngineError `foreign-backend` when it has content but no marker.
 */
export function verifyOwnBackend(root: string): void {
  if (existsSync(join(root, MARKER)) || namesIn(root).length === 0) return;
  throw new EngineError(
    "foreign-backend",
    `${root} holds Pulumi state that the rehearsal engine did not make (there is no ${MARKER} in it): ` +
      "point PULUMI_BACKEND_URL at a directory of its own",
  );
}

/** Claims a new backend: its layout version and the marker. */
export function claimBackend(root: string): void {
  if (existsSync(join(root, MARKER))) return;
  writeWhole(
    join(root, MARKER),
    `# State of a rehearsal: nothing in here exists in a real cloud.\nrehearsal: true\nengine: ${engineVersion}\n`,
  );
  writeWhole(join(root, "meta.yaml"), "version: 1\n");
}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const sdkPackage = createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json");

/** Version of the installed `@pulumi/pulumi`, without a leading `v`. */
export const sdkVersion: string = (JSON.parse(readFileSync(sdkPackage, "utf8")) as { version: string })
  .version;

/** What this engine calls itself, everywhere: the version of the SDK it serves, openly marked as a rehearsal. */
export const engineVersion: string = `v${sdkVersion}-rehearsal`;

/**
 * Stands in for trivy. `image` looks whether the registry has the image, and writes a list with nothing but the image itself, or a report without
 * findings: nothing is known to be wrong with the example application. `filesystem` looks for private keys, which is all that it can find.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vulnerabilities } from "../../signing/predicates.ts";
import { fail, parsed } from "./arguments.ts";
import { manifestOf, referenceOf } from "./registry.ts";

async function image(args: readonly string[]): Promise<void> {
  const { values, positionals } = parsed(args, {
    quiet: { type: "boolean" },
    format: { type: "string" },
    output: { type: "string" },
  });
  const name = positionals[0] ?? "";
  await manifestOf(referenceOf(name));
  const now = new Date().toISOString();
  const component = { type: "container", name, purl: `pkg:oci/${name.split("/").at(-1) ?? name}` };
  const forms: Readonly<Record<string, unknown>> = {
    cyclonedx: {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: { timestamp: now, component },
      components: [component],
    },
    "cosign-vuln": vulnerabilities([], now).content,
  };
  const written =
    forms[values.format ?? ""] ?? fail(`the format ${values.format ?? "none"} is not stood in for`);
  writeFileSync(values.output ?? fail("expected --output"), JSON.stringify(written));
}

const privateKey = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}/;

function filesystem(args: readonly string[]): void {
  const { values, positionals } = parsed(args, {
    quiet: { type: "boolean" },
    scanners: { type: "string" },
    severity: { type: "string" },
    "skip-dirs": { type: "string" },
    "exit-code": { type: "string" },
  });
  const root = positionals[0] ?? ".";
  const skipped = new Set([".git", ...(values["skip-dirs"] ?? "").split(",")]);
  const found = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.split("/").some((part) => skipped.has(part)))
    .filter((path) => privateKey.test(readFileSync(path, "utf8")));
  for (const path of found) process.stdout.write(`${path}: HIGH: private key\n`);
  if (found.length > 0) process.exitCode = Number(values["exit-code"] ?? 0);
}

const [command, ...rest] = process.argv.slice(2);
if (command === "image") await image(rest);
else if (command === "filesystem") filesystem(rest);
else fail(`trivy ${command ?? ""} is not stood in for`);

/** The program `dehydrated`: asks an authority for a certificate, as the real one does with the same arguments, and speaks real ACME. */
import { createPrivateKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { AcmeClient, AcmeClientError } from "../../../acme/client.ts";
import { verifySigningRequest } from "../../../acme/csr.ts";
import type { Invocation, Reply } from "../../docker/call.ts";

const failed = (text: string): Reply => ({ stdout: "", stderr: `${text}\n`, exitCode: 1 });

/** Settings in its configuration file that are known here; the real one is a script that reads it as another script. */
const known = ["CA", "CONTACT_EMAIL", "BASEDIR", "WELLKNOWN", "CURL_OPTS"] as const;
type Settings = Readonly<Partial<Record<(typeof known)[number], string>>>;

/** @returns what is wrong, in one line, instead of settings */
function readSettings(text: string): Settings | string {
  const settings: Record<string, string> = {};
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, name, value] = /^(\w+)='([^']*)'$/.exec(line) ?? [];
    if (name === undefined || value === undefined || !known.some((one) => one === name))
      return `the simulated host's dehydrated does not support in its configuration: ${line}`;
    settings[name] = value;
  }
  return settings;
}

/** The DER in a PEM file. */
const derOf = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");

/** @param locate path on this machine of a path on the host */
export async function dehydrated(
  { argv, cwd }: Invocation,
  locate: (path: string) => string,
  signal: AbortSignal,
): Promise<Reply> {
  if (argv.join(" ") === "--version")
    return { stdout: "Dehydrated version: 0.7.2-simulated\n", stderr: "", exitCode: 0 };
  const [first, config = "", second, privateKey = "", command, ...rest] = argv;
  const registers = command === "--register" && rest.join(" ") === "--accept-terms";
  const signs = command === "--signcsr" && rest.length === 1;
  if (first !== "--config" || second !== "--privkey" || !(registers || signs))
    return failed(`the simulated host's dehydrated does not support: ${argv.join(" ")}`);
  const read = (path: string) => readFileSync(locate(resolve(cwd, path)), "utf8");
  const settings = readSettings(read(config));
  if (typeof settings === "string") return failed(settings);
  const [, root] = /--cacert (\S+)/.exec(settings.CURL_OPTS ?? "") ?? [];
  const client = new AcmeClient({
    directory: settings.CA ?? "",
    root: root === undefined ? undefined : read(root),
    account: createPrivateKey(read(privateKey)),
    signal,
  });
  try {
    if (registers) {
      await client.register(settings.CONTACT_EMAIL ?? "");
      writeFileSync(`${locate(resolve(cwd, privateKey))}.json`, "{}\n");
      return { stdout: "+ Registering account key with ACME server...\n+ Done!\n", stderr: "", exitCode: 0 };
    }
    const csr = derOf(read(rest[0] ?? ""));
    const { names } = verifySigningRequest(csr.toString("base64url"));
    return { stdout: `# CERT #\n${await client.certify(csr, names)}\n`, stderr: "", exitCode: 0 };
  } catch (cause) {
    if (cause instanceof AcmeClientError) return failed(`ERROR: ${cause.message}`);
    throw cause;
  }
}

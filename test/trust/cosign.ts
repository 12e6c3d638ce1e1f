/** The real cosign, signing in an imitated registry: nothing leaves this machine, no log is asked. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Faults } from "../../rehearsal/faults/faults.ts";
import { type Registry, startRegistry } from "../../rehearsal/registry/server.ts";
import type { Recording } from "./repository.ts";
import { commit, imageWith } from "./setting.ts";
import { keyPair } from "./signing.ts";

/** What one version of cosign made. */
export interface CosignRecording extends Recording {
  /** Version, and the commands as they were given. */
  madeBy: string;
  commands: string[];
  digest: string;
  /** PEM of the keys that signed: cosign's own, and those that this version can import (2.5.0 refuses RSA). */
  keys: Record<string, string>;
}

/** GitHub's build type, as actions/attest-build-provenance fills it. */
export const provenance = (repository = "https://github.com/example/shop", at = commit) => ({
  buildDefinition: {
    buildType: "https://actions.github.io/buildtypes/workflow/v1",
    externalParameters: {
      workflow: { ref: "refs/heads/main", repository, path: ".github/workflows/release.yml" },
    },
    internalParameters: { github: { event_name: "push", runner_environment: "github-hosted" } },
    resolvedDependencies: [{ uri: `git+${repository}@refs/heads/main`, digest: { gitCommit: at } }],
  },
  runDetails: {
    builder: { id: "https://github.com/actions/runner/github-hosted" },
    metadata: { invocationId: `${repository}/actions/runs/1/attempts/1` },
  },
});

/** A scan in cosign's own predicate, with SARIF in it. */
export const scan = (results: object[] = [], finished = "2026-03-01T10:00:00Z") => ({
  invocation: { parameters: [], uri: "", event_id: "", "builder.id": "" },
  scanner: {
    uri: "pkg:github/example/scanner",
    version: "1.0.0",
    db: { uri: "", version: "" },
    result: {
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "scanner", rules: [] } }, results }],
    },
  },
  metadata: { scanStartedOn: finished, scanFinishedOn: finished },
});

function run(executable: string, home: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // The directory is home as well: settings and caches of whoever runs this stay out of it.
    const env = { HOME: home, PATH: "/usr/bin:/bin", COSIGN_PASSWORD: "rehearsal" };
    const child = spawn(executable, args, { cwd: home, env, timeout: 60_000 });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (output += piece.toString()));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new TypeError(`cosign ${args.join(" ")}: ${code} ${output}`)),
    );
  });
}

/** The cosign on PATH, if there is one. */
export const cosignOnPath = (): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((directory) => join(directory, "cosign"))
    .find((file) => {
      try {
        return readFileSync(file).length > 0;
      } catch {
        return false;
      }
    });

function written(registry: Registry, repository: string): Recording {
  const recording: Recording = { tags: {}, manifests: {}, blobs: {} };
  const keep = (digest: string) => {
    const manifest = registry.store.manifest(repository, digest);
    if (!manifest || digest in recording.manifests) return;
    recording.manifests[digest] = manifest.bytes.toString();
    const value = JSON.parse(manifest.bytes.toString()) as {
      manifests?: { digest: string }[];
      config?: { digest: string };
      layers?: { digest: string; mediaType: string }[];
    };
    for (const one of value.manifests ?? []) keep(one.digest);
    const layers = (value.layers ?? []).filter((l) => !l.mediaType.includes("tar+gzip"));
    for (const { digest: blob } of [...layers, ...(value.config ? [value.config] : [])])
      recording.blobs[blob] = registry.store.blob(repository, blob)?.toString("base64") ?? "";
  };
  for (const [tag, digest] of registry.store.open(repository).tags) {
    recording.tags[tag] = digest;
    keep(digest);
  }
  return recording;
}

/** Signs an image with three kinds of key and attests provenance, a scan and an inventory; returns all that cosign wrote. */
export async function signWithCosign(executable: string, version: string): Promise<CosignRecording> {
  const home = mkdtempSync(join(tmpdir(), "cosign-"));
  const registry = await startRegistry({ faults: new Faults() });
  const repository = "example/shop/api";
  const digest = registry.push(repository, await imageWith(), ["1.6.1"]);
  const image = `${registry.host}/${repository}@${digest}`;
  const commands: string[] = [];
  const cosign = async (...args: string[]) => {
    const output = await run(executable, home, args);
    commands.push(`cosign ${args.join(" ").replaceAll(registry.host, "registry")}`);
    return output;
  };
  try {
    await cosign("generate-key-pair");
    const keys: Record<string, string> = { cosign: readFileSync(join(home, "cosign.pub"), "utf8") };
    for (const kind of ["rsa", "ed25519"] as const) {
      const pair = keyPair(kind);
      writeFileSync(join(home, `${kind}.pem`), pair.privateKey.export({ format: "pem", type: "pkcs8" }));
      try {
        await cosign("import-key-pair", "--key", `${kind}.pem`, "--output-key-prefix", kind);
        keys[kind] = pair.pem;
      } catch (thrown) {
        if (!String(thrown).includes("unsupported public key type")) throw thrown;
      }
    }
    // From version 3 on a log is part of the signing configuration, which has to be switched off first.
    const offline = (await run(executable, home, ["sign", "--help"])).includes("--use-signing-config")
      ? ["--use-signing-config=false", "--tlog-upload=false"]
      : ["--tlog-upload=false"];
    const common = ["-y", ...offline, "--allow-http-registry"];
    for (const name of Object.keys(keys)) await cosign("sign", ...common, "--key", `${name}.key`, image);
    const predicates = {
      slsaprovenance1: provenance(),
      vuln: scan(),
      cyclonedx: { bomFormat: "CycloneDX", specVersion: "1.5", version: 1, components: [] },
    };
    for (const [type, predicate] of Object.entries(predicates)) {
      writeFileSync(join(home, `${type}.json`), JSON.stringify(predicate));
      await cosign(
        "attest",
        ...common,
        "--key",
        "cosign.key",
        "--type",
        type,
        "--predicate",
        `${type}.json`,
        image,
      );
    }
    return { madeBy: `cosign ${version}`, commands, digest, keys, ...written(registry, repository) };
  } finally {
    await registry.close();
    rmSync(home, { recursive: true, force: true });
  }
}

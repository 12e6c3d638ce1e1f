/** Stand-ins for exactly the actions and commits that the repository's workflows use; anything else is refused. SPEC.md says what each does. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ActionsRefusal } from "../refusal.ts";
import type { StandIn } from "../surroundings.ts";
import { download, type Shelf, upload } from "./artifacts.ts";
import { checkout, type Remote } from "./checkout.ts";

/** Node is the one that this machine runs on: only asked whether it is what was wanted. */
const setupNode: StandIn = ({ inputs, log }) => {
  const [major] = process.versions.node.split(".");
  if (inputs["node-version"]?.split(".")[0] !== major)
    throw new ActionsRefusal(
      `expected Node ${major ?? ""}, which is here; the workflow wants ${inputs["node-version"] ?? "none"}`,
    );
  log(`Node ${process.versions.node}`);
  return {};
};

/** Programs that such an action installs have to be on PATH here already. */
const onPath =
  (program: string): StandIn =>
  ({ environment, log }) => {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`], { env: { ...environment } });
    } catch {
      throw new ActionsRefusal(`expected ${program} on PATH, found none`);
    }
    log(`${program} is there.`);
    return {};
  };

/** Writes what `docker login` writes, in the job's own home. */
const login: StandIn = ({ inputs, environment, job, log }) => {
  const { registry = "docker.io", username = "", password = "" } = inputs;
  if (username === "" || password === "") throw new ActionsRefusal("expected username and password");
  job.masks.add(password);
  const directory = join(environment["HOME"] ?? job.temporary, ".docker");
  mkdirSync(directory, { recursive: true });
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  job.masks.add(auth);
  writeFileSync(join(directory, "config.json"), JSON.stringify({ auths: { [registry]: { auth } } }), {
    mode: 0o600,
  });
  log(`Logged in to ${registry}.`);
  return {};
};

/** @param pins the commit at which each action is pinned, by its name */
export function standIns(
  remote: Remote,
  shelf: Shelf,
  pins: Readonly<Record<string, string>>,
): Map<string, StandIn> {
  const known: Readonly<Record<string, StandIn>> = {
    "actions/checkout": checkout(remote),
    "actions/setup-node": setupNode,
    "actions/upload-artifact": upload(shelf),
    "actions/download-artifact": download(shelf),
    "docker/setup-buildx-action": onPath("docker"),
    "docker/login-action": login,
    "sigstore/cosign-installer": onPath("cosign"),
    "aquasecurity/setup-trivy": onPath("trivy"),
  };
  return new Map(
    Object.entries(known).flatMap(([name, standIn]) => {
      const commit = pins[name];
      return commit === undefined ? [] : [[`${name}@${commit}`, standIn] as const];
    }),
  );
}

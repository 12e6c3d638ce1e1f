/** The world's project as a repository on its GitHub, with the generated workflows and a runner that executes them. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { installPrograms } from "../../rehearsal/actions/programs/programs.ts";
import { Runner } from "../../rehearsal/actions/runner.ts";
import { git } from "../../rehearsal/actions/uses/git.ts";
import type { Vault } from "../../rehearsal/github/hub.ts";
import type { World } from "../../rehearsal/world/world.ts";
import { pinned } from "../../src/workflows/pinned.ts";
import { services } from "../../src/workflows/release.ts";

const repository = join(import.meta.dirname, "..", "..");

/** Parts of the product that a checkout in the world finds where they would be, without having them committed. */
const linked = ["bin", "infra", "node_modules", "src", "stacks", "app"];

export interface Forge {
  runner: Runner;
  /** Everything of it lies below. */
  directory: string;
  /** The bare repository. */
  remote: string;
  /** Somebody's clone. */
  clone: string;
  /** Commits everything in the clone and pushes it to main; the runner is told. */
  push(message: string): void;
  /** A file of main as it is now. */
  fileOnMain(path: string): string;
  /** Asks GitHub as the owner. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }>;
  /** Waits until a run waits for this environment's reviewers; its id and the environment's. */
  waiting(environment: string): Promise<{ run: number; id: number }>;
  /** Approves what waits for this environment, once something does. */
  approve(environment: string): Promise<void>;
  /** Whether main refuses pushes. */
  protect(on: boolean): void;
}

function put(vault: Vault, kind: "secrets" | "variables", values: Readonly<Record<string, string>>): void {
  const at = new Date().toISOString();
  for (const [name, value] of Object.entries(values))
    vault[kind].set(name, { name, value, created_at: at, updated_at: at });
}

/** Everything that reaches the world without being secret. */
function machineOf(world: World, programs: string): Record<string, string> {
  const secret = [
    "DIGITALOCEAN_TOKEN",
    "GITHUB_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_BACKEND_URL",
  ];
  const open = Object.entries(world.environment).filter(([name]) => !secret.includes(name));
  const { PATH = "" } = world.environment;
  return {
    ...Object.fromEntries(open),
    PATH: `${programs}:${join(world.engineRoot, "bin")}:${PATH}`,
    LANG: "C.UTF-8",
  };
}

/** Secrets and variables as `infra/repository.ts` would have set them, and a reviewer for production. */
function furnish(world: World): void {
  const { state: hub } = world.github;
  const passphrase = readFileSync(world.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "", "utf8");
  for (const name of ["staging", "production", "staging-watch", "production-watch"]) {
    const { vault } = hub.environment(name);
    put(vault, "secrets", {
      DIGITALOCEAN_TOKEN: world.environment["DIGITALOCEAN_TOKEN"] ?? "",
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      REPOSITORY_TOKEN: world.environment["GITHUB_TOKEN"] ?? "",
    });
    put(vault, "variables", { PULUMI_BACKEND_URL: world.environment["PULUMI_BACKEND_URL"] ?? "" });
  }
  hub.environment("production").reviewers = [{ type: "User", id: hub.options.users[hub.options.owner] ?? 0 }];
  put(hub.vault, "secrets", {
    COSIGN_PRIVATE_KEY: world.signingKey.privateKey,
    REGISTRY_TOKEN: world.registryToken,
  });
  put(hub.vault, "variables", {
    COSIGN_KEY: "env://COSIGN_PRIVATE_KEY",
    REGISTRY: world.registry.host,
    REGISTRY_USERNAME: world.github.state.options.owner,
    REPOSITORIES: "example/shop-staging",
  });
}

/** What the repository of an installation has: its stacks, the generated workflows, and a source for each service. */
function writeRepository(world: World, clone: string): void {
  mkdirSync(clone, { recursive: true });
  for (const file of ["Pulumi.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml", "cosign.pub"])
    copyFileSync(join(world.workDirectory, file), join(clone, file));
  for (const file of ["package.json", "package-lock.json", "action.yml"])
    if (existsSync(join(repository, file))) copyFileSync(join(repository, file), join(clone, file));
  cpSync(join(repository, ".github"), join(clone, ".github"), { recursive: true });
  for (const service of services) {
    mkdirSync(join(clone, "services", service), { recursive: true });
    writeFileSync(join(clone, "services", service, "Dockerfile"), "FROM scratch\n");
  }
  writeFileSync(
    join(clone, ".gitignore"),
    `${[...linked, ".rehearsal", ".liftlock"].map((name) => `/${name}`).join("\n")}\n`,
  );
}

/** Sets a repository up for a world whose environments run `version` already. */
export async function forge(world: World, version: string): Promise<Forge> {
  const directory = join(world.directory, "forge");
  const [remote, clone, programs] = ["shop.git", "clone", "programs"].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  mkdirSync(remote, { recursive: true });
  git(remote, ["init", "--quiet", "--bare", "--initial-branch", "main"]);
  // As GitHub does: a checkout may ask for any commit.
  git(remote, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
  writeRepository(world, clone);
  git(clone, ["init", "--quiet", "--initial-branch", "main"]);
  git(clone, ["config", "user.name", "octo-dev"]);
  git(clone, ["config", "user.email", "octo-dev@example.com"]);
  git(clone, ["remote", "add", "origin", remote]);
  git(clone, ["add", "--all"]);
  git(clone, ["commit", "--quiet", "--message", "chore: begin"]);
  git(clone, ["tag", `v${version}`]);
  git(clone, ["push", "--quiet", "--set-upstream", "--tags", "origin", "main"]);
  furnish(world);
  installPrograms(programs);
  const token = world.environment["GITHUB_TOKEN"] ?? "";
  const runner = await Runner.start({
    hub: world.github.state,
    github: { url: world.github.url, token },
    remote,
    directory: join(directory, "runner"),
    machine: machineOf(world, programs),
    pins: Object.fromEntries(Object.values(pinned).map(({ name, commit }) => [name, commit])),
    prepare: (workspace) => {
      for (const name of linked)
        if (!existsSync(join(workspace, name))) symlinkSync(join(repository, name), join(workspace, name));
      const kept = join(workspace, ".rehearsal", "world.json");
      mkdirSync(dirname(kept), { recursive: true });
      const { engineRoot } = world;
      writeFileSync(
        kept,
        JSON.stringify({ pid: process.pid, engineRoot, workDirectory: workspace, environment: {} }),
      );
    },
  });
  const { owner, repository: name } = world.github.state.options;
  const ask: Forge["ask"] = async (method, path, body) => {
    const answer = await fetch(`${world.github.url}/api/v3/repos/${owner}/${name}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === "" ? undefined : JSON.parse(text) };
  };
  const waiting: Forge["waiting"] = async (environment) => {
    for (;;) {
      const { json } = await ask("GET", "/actions/runs");
      const { workflow_runs } = json as { workflow_runs: { id: number; status: string }[] };
      for (const { id: run } of workflow_runs.filter(({ status }) => status === "waiting")) {
        const pending = await ask("GET", `/actions/runs/${run}/pending_deployments`);
        const found = (pending.json as { environment: { id: number; name: string } }[]).find(
          (one) => one.environment.name === environment,
        );
        if (found) return { run, id: found.environment.id };
      }
      if (workflow_runs.every(({ status }) => status === "completed"))
        throw new ForgeFailure(`nothing waits for ${environment}: ${runner.logs().slice(-40).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return {
    runner,
    directory,
    remote,
    clone,
    ask,
    push(message) {
      git(clone, ["pull", "--quiet", "--rebase", "--autostash", "origin", "main"]);
      git(clone, ["add", "--all"]);
      git(clone, ["commit", "--quiet", "--message", message]);
      git(clone, ["push", "--quiet", "origin", "main"]);
      runner.push();
    },
    fileOnMain: (path) => git(remote, ["show", `main:${path}`]),
    waiting,
    async approve(environment) {
      const { run, id } = await waiting(environment);
      const decision = { environment_ids: [id], state: "approved", comment: "reviewed" };
      await ask("POST", `/actions/runs/${run}/pending_deployments`, decision);
    },
    protect(on) {
      const hook = join(remote, "hooks", "update");
      const refusal = '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "main is protected" >&2; exit 1; }\n';
      writeFileSync(hook, on ? refusal : "#!/bin/sh\n", { mode: 0o755 });
    },
  };
}

/** Nobody waits for what was to be approved. */
class ForgeFailure extends Error {}

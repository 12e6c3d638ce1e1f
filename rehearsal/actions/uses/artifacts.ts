/** `actions/upload-artifact` and `actions/download-artifact`: files kept beside the runs, in a directory of this machine. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative } from "node:path";
import type { WorkflowRun } from "../../github/actions-runs.ts";
import { ActionsRefusal } from "../refusal.ts";
import type { StandIn } from "../surroundings.ts";

/** Where artifacts are, and what knows of them. */
export interface Shelf {
  directory: string;
  run: (id: number) => WorkflowRun | undefined;
  nextId: () => number;
  /** Whether a token may read another run's artifacts. */
  mayRead: (token: string) => boolean;
}

const bytesOf = (path: string): number =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
    : statSync(path).size;

const isEmpty = (path: string) => statSync(path).isDirectory() && readdirSync(path).length === 0;

/** Files are kept below their last common directory: here, below the given one; several paths keep their own names. */
function put(paths: readonly string[], workspace: string, target: string): void {
  for (const path of paths) {
    const below =
      paths.length === 1
        ? ""
        : relative(workspace, path).startsWith("..")
          ? basename(path)
          : relative(workspace, path);
    if (statSync(path).isDirectory()) cpSync(path, join(target, below), { recursive: true });
    else cpSync(path, join(target, below === "" ? basename(path) : below));
  }
}

/** Knows `name`, `path` (one a line, no patterns), `if-no-files-found` and `include-hidden-files`. */
export const upload =
  ({ directory, run, nextId }: Shelf): StandIn =>
  ({ inputs, job, log }) => {
    const name = inputs["name"] ?? "artifact";
    const paths = (inputs["path"] ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .map((path) => (isAbsolute(path) ? path : join(job.workspace, path)).replace(/\/$/, ""));
    const there = paths.filter((path) => existsSync(path) && !isEmpty(path));
    if (there.length === 0) {
      if (inputs["if-no-files-found"] === "error")
        throw new ActionsRefusal(`No files were found with the provided path: ${inputs["path"] ?? ""}`);
      log("No files were found with the provided path.");
      return {};
    }
    const owner = run(job.run.id);
    if (!owner) throw new ActionsRefusal(`there is no run ${job.run.id}`);
    if (owner.artifacts.has(name))
      throw new ActionsRefusal(`an artifact with the name ${name} exists already`);
    const target = join(directory, String(job.run.id), name);
    mkdirSync(target, { recursive: true });
    put(there, job.workspace, target);
    const id = nextId();
    owner.artifacts.set(name, { id, bytes: bytesOf(target) });
    log(`Artifact ${name} was kept.`);
    return { "artifact-id": String(id) };
  };

const matches = (pattern: string, name: string) =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  ).test(name);

/** Knows `name`, or `pattern` with `merge-multiple`; `path`, `run-id` and `github-token`. */
export const download =
  ({ directory, run, mayRead }: Shelf): StandIn =>
  ({ inputs, job, log }) => {
    const id =
      inputs["run-id"] === undefined || inputs["run-id"] === "" ? job.run.id : Number(inputs["run-id"]);
    if (id !== job.run.id && !mayRead(inputs["github-token"] ?? ""))
      throw new ActionsRefusal(
        "Resource not accessible by integration: another run's artifacts need actions: read",
      );
    const known = [...(run(id)?.artifacts.keys() ?? [])];
    const wanted =
      inputs["name"] === undefined
        ? known.filter((name) => matches(inputs["pattern"] ?? "*", name))
        : [inputs["name"]];
    const target = join(isAbsolute(inputs["path"] ?? "") ? "" : job.workspace, inputs["path"] ?? "");
    mkdirSync(target, { recursive: true });
    for (const name of wanted) {
      if (!known.includes(name)) throw new ActionsRefusal(`Artifact not found for name: ${name}`);
      const merged = inputs["name"] !== undefined || inputs["merge-multiple"] === "true";
      cpSync(join(directory, String(id), name), merged ? target : join(target, name), { recursive: true });
    }
    log(`${wanted.length} artifacts were fetched.`);
    return { "download-path": target };
  };

// What history says about the work tree an update was run from (pkg/cmd/pulumi/metadata). Asked while the update runs.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const TIMEOUT_MS = 5000;
const FORMAT = "%H%n%an%n%ae%n%cn%n%ce%n%s";

/** The commit an update was run from, in the words of Pulumi's `environment`. */
export interface GitMetadata {
  readonly environment: Readonly<Record<string, string>>;
  /** First line of the commit's message: the update's message when it is given none. */
  readonly title: string;
}

/** Empty outside a work tree, and when git is missing or slow. */
export async function gitMetadata(directory: string): Promise<GitMetadata> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", ["-C", directory, ...args], { timeout: TIMEOUT_MS })).stdout.trim();
  try {
    const [commit, headName, status] = await Promise.all([
      git("log", "-1", `--format=${FORMAT}`),
      git("symbolic-ref", "HEAD").catch(() => ""),
      git("status", "--porcelain"),
    ]);
    const [head = "", author = "", authorEmail = "", committer = "", committerEmail = "", title = ""] =
      commit.split("\n");
    return {
      title,
      environment: {
        "git.head": head,
        ...(headName && { "git.headName": headName }),
        "git.dirty": String(status !== ""),
        "git.author": author,
        "git.author.email": authorEmail,
        "git.committer": committer,
        "git.committer.email": committerEmail,
      },
    };
  } catch {
    return { title: "", environment: {} };
  }
}

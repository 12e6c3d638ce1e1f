/**
 * Stands in for `npx --yes semantic-release@…`: reads the commits since the last tag as conventional commits, tags the next version,
 * pushes the tag and publishes a release with notes. Plugins of other names are refused.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fail } from "./arguments.ts";

const [yes, program = ""] = process.argv.slice(2);
if (yes !== "--yes" || !/^semantic-release@\d+\.\d+\.\d+$/.test(program))
  fail(`npx ${process.argv.slice(2).join(" ")} is not stood in for`);

interface Configuration {
  branches: string[];
  plugins: (string | [string, unknown])[];
}
const { branches, plugins } = JSON.parse(readFileSync(".releaserc.json", "utf8")) as Configuration;
const known = ["commit-analyzer", "release-notes-generator", "github"].map(
  (name) => `@semantic-release/${name}`,
);
const unknown = plugins
  .map((plugin) => (typeof plugin === "string" ? plugin : plugin[0]))
  .find((name) => !known.includes(name));
if (unknown !== undefined) fail(`the plugin ${unknown} is not stood in for`);
const branch = process.env["GITHUB_REF_NAME"] ?? "";
if (!branches.includes(branch)) {
  process.stdout.write(`${branch} is no branch that is released from.\n`);
  process.exit(0);
}

const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
const last = git("tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").split("\n")[0] ?? "";
const range = last === "" ? ["HEAD"] : [`${last}..HEAD`];
const commits = git("log", "--format=%H%x1f%B%x1e", ...range)
  .split("\u001e")
  .map((entry) => entry.trim())
  .filter((entry) => entry !== "")
  .map((entry) => {
    const [sha = "", text = ""] = entry.split("\u001f");
    return { sha, text: text.trim(), header: text.trim().split("\n")[0] ?? "" };
  });

/** 3 for a breaking change, 2 for a feature, 1 for a mended fault, 0 for what users do not notice. */
const weight = ({ header, text }: { header: string; text: string }): number => {
  if (/^\w+(?:\([^)]*\))?!:/.test(header) || /^BREAKING CHANGE: /m.test(text)) return 3;
  if (/^feat(?:\([^)]*\))?:/.test(header)) return 2;
  return /^(?:fix|perf)(?:\([^)]*\))?:/.test(header) ? 1 : 0;
};
const most = Math.max(0, ...commits.map(weight));
if (most === 0) {
  process.stdout.write("There are no relevant changes, so no new version is released.\n");
  process.exit(0);
}
const [major = 0, minor = 0, patch = 0] = last.replace("v", "").split(".").map(Number);
const next =
  last === ""
    ? "1.0.0"
    : most === 3
      ? `${major + 1}.0.0`
      : most === 2
        ? `${major}.${minor + 1}.0`
        : `${major}.${minor}.${patch + 1}`;
git("tag", `v${next}`);
git("push", "--quiet", "origin", `v${next}`);

const notes = commits
  .filter((commit) => weight(commit) > 0)
  .map(({ header, sha }) => `* ${header} (${sha.slice(0, 7)})`);
const answer = await fetch(
  `${process.env["GITHUB_API_URL"]}/repos/${process.env["GITHUB_REPOSITORY"]}/releases`,
  {
    method: "POST",
    headers: { authorization: `Bearer ${process.env["GITHUB_TOKEN"]}`, "content-type": "application/json" },
    body: JSON.stringify({
      tag_name: `v${next}`,
      name: `v${next}`,
      body: `# ${next}\n\n${notes.join("\n")}\n`,
    }),
  },
);
if (answer.status !== 201) fail(`GitHub answered ${answer.status} to the release: ${await answer.text()}`);
process.stdout.write(`Published release ${next}\n`);

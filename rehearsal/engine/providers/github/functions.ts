import { EngineError } from "../../failure.ts";
import { flag, number, optionalText, text, texts } from "../fields.ts";
import type { ProviderFunction } from "../provider.ts";
import { clientOf } from "./client.ts";

/** `github.getRepository`, without what the emulated API does not tell. */
export const getRepository: ProviderFunction = async (args, context) => {
  const github = clientOf(context);
  const fullName = optionalText(args, "fullName");
  const name = optionalText(args, "name");
  if (fullName === undefined && name === undefined) {
    throw new EngineError("provider", "github getRepository: one of fullName or name is expected");
  }
  const found = await github.get(
    fullName === undefined ? github.repository(name ?? "") : `repos/${fullName}`,
  );
  return {
    id: text(found, "name"),
    name: text(found, "name"),
    fullName: text(found, "full_name"),
    repoId: number(found, "id"),
    nodeId: text(found, "node_id"),
    description: text(found, "description"),
    homepageUrl: text(found, "homepage"),
    private: flag(found, "private"),
    visibility: optionalText(found, "visibility") ?? (flag(found, "private") ? "private" : "public"),
    archived: flag(found, "archived"),
    fork: flag(found, "fork"),
    isTemplate: flag(found, "is_template"),
    hasIssues: flag(found, "has_issues"),
    hasWiki: flag(found, "has_wiki"),
    hasProjects: flag(found, "has_projects"),
    hasDownloads: flag(found, "has_downloads"),
    hasDiscussions: flag(found, "has_discussions"),
    allowAutoMerge: flag(found, "allow_auto_merge"),
    allowForking: flag(found, "allow_forking"),
    allowMergeCommit: flag(found, "allow_merge_commit"),
    allowRebaseMerge: flag(found, "allow_rebase_merge"),
    allowSquashMerge: flag(found, "allow_squash_merge"),
    allowUpdateBranch: flag(found, "allow_update_branch"),
    deleteBranchOnMerge: flag(found, "delete_branch_on_merge"),
    defaultBranch: text(found, "default_branch"),
    primaryLanguage: text(found, "language"),
    topics: texts(found, "topics"),
    htmlUrl: text(found, "html_url"),
    gitCloneUrl: text(found, "git_url"),
    sshCloneUrl: text(found, "ssh_url"),
    httpCloneUrl: text(found, "clone_url"),
    svnUrl: text(found, "svn_url"),
    mergeCommitMessage: text(found, "merge_commit_message"),
    mergeCommitTitle: text(found, "merge_commit_title"),
    squashMergeCommitMessage: text(found, "squash_merge_commit_message"),
    squashMergeCommitTitle: text(found, "squash_merge_commit_title"),
    pages: [],
    templates: [],
    repositoryLicenses: [],
  };
};

/** `github.getUser`. */
export const getUser: ProviderFunction = async (args, context) => {
  const username = text(args, "username");
  const found = await clientOf(context).get(
    username === "" ? "user" : `users/${encodeURIComponent(username)}`,
  );
  return {
    id: text(found, "id"),
    username,
    login: text(found, "login"),
    name: text(found, "name"),
    nodeId: text(found, "node_id"),
    avatarUrl: text(found, "avatar_url"),
    gravatarId: text(found, "gravatar_id"),
    siteAdmin: flag(found, "site_admin"),
    company: text(found, "company"),
    blog: text(found, "blog"),
    location: text(found, "location"),
    email: text(found, "email"),
    bio: text(found, "bio"),
    publicRepos: number(found, "public_repos"),
    publicGists: number(found, "public_gists"),
    followers: number(found, "followers"),
    following: number(found, "following"),
    createdAt: text(found, "created_at"),
    updatedAt: text(found, "updated_at"),
    suspendedAt: text(found, "suspended_at"),
    gpgKeys: [],
    sshKeys: [],
  };
};

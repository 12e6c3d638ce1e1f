/** Issues, and the comments on them; pull requests are issues here as on GitHub, for whoever makes some. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, repositoryPaths, verifyRepository } from "./api.ts";
import type { Comment, Hub, Issue } from "./hub.ts";

/** The longest text that GitHub takes. */
const body = z.string().max(65_536, "body is too long (maximum is 65536 characters)");
const labels = z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]));
const createSchema = z.object({ title: z.string().min(1), body: body.nullish(), labels: labels.default([]) });
const changeSchema = z.object({
  title: z.string().min(1).optional(),
  body: body.nullish(),
  labels: labels.optional(),
  state: z.enum(["open", "closed"]).optional(),
  state_reason: z.enum(["completed", "not_planned", "reopened"]).nullish(),
});
const commentSchema = z.object({ body: body.min(1) });

const pageOf = (hub: Hub, issue: Issue) =>
  `https://github.com/${hub.options.owner}/${hub.options.repository}/${issue.pull ? "pull" : "issues"}/${issue.number}`;

function view(hub: Hub, issue: Issue) {
  const { comments, pull, labels: names, ...about } = issue;
  return {
    ...about,
    node_id: `I_${issue.id}`,
    labels: names.map((name) => ({ name })),
    user: { login: hub.options.owner },
    html_url: pageOf(hub, issue),
    comments: comments.size,
    ...(pull && { pull_request: { html_url: pageOf(hub, issue) } }),
  };
}

const commentView = (hub: Hub, issue: Issue, comment: Comment) => ({
  ...comment,
  node_id: `IC_${comment.id}`,
  user: { login: hub.options.owner },
  html_url: `${pageOf(hub, issue)}#issuecomment-${comment.id}`,
});

async function create(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const given = await bodyOf(request, createSchema);
  const issue = hub.openIssue({
    title: given.title,
    body: given.body ?? "",
    labels: given.labels,
    pull: false,
  });
  return { status: 201, json: view(hub, issue) };
}

async function change(hub: Hub, request: Request, issue: Issue): Promise<Answer> {
  const given = await bodyOf(request, changeSchema);
  issue.updated_at = hub.now(issue.updated_at);
  issue.title = given.title ?? issue.title;
  issue.body = given.body ?? issue.body;
  issue.labels = given.labels ?? issue.labels;
  if (given.state !== undefined && given.state !== issue.state) {
    issue.state = given.state;
    issue.closed_at = given.state === "closed" ? issue.updated_at : null;
    issue.state_reason = given.state === "closed" ? (given.state_reason ?? "completed") : "reopened";
  }
  return ok(view(hub, issue));
}

function list(hub: Hub, request: Request): Answer {
  verifyRepository(hub, request);
  const state = request.query.get("state") ?? "open";
  const wanted = (request.query.get("labels") ?? "").split(",").filter((label) => label !== "");
  const shown = [...hub.issues.values()]
    .filter((issue) => state === "all" || issue.state === state)
    .filter((issue) => wanted.every((label) => issue.labels.includes(label)));
  return page(request, shown.toReversed(), (items) => items.map((issue) => view(hub, issue)));
}

/** The comment named in the path, with its issue; throws 404. */
function commentOf(hub: Hub, request: Request): [Issue, Comment] {
  verifyRepository(hub, request);
  const id = Number(request.params.comment);
  const issue = [...hub.issues.values()].find(({ comments }) => comments.has(id));
  const nothing: ReadonlyMap<number, Comment> = new Map();
  const comment = found(issue?.comments ?? nothing, id);
  return [issue as Issue, comment];
}

function addComments(router: Router, hub: Hub, root: string, known: (request: Request) => Issue): void {
  const all = `${root}/issues/:issue/comments`;
  const one = `${root}/issues/comments/:comment`;
  router
    .on("GET", all, (request) => {
      const issue = known(request);
      return page(request, [...issue.comments.values()], (items) =>
        items.map((comment) => commentView(hub, issue, comment)),
      );
    })
    .on("POST", all, async (request) => {
      const issue = known(request);
      const at = hub.now();
      const { body: text } = await bodyOf(request, commentSchema);
      const comment: Comment = { id: hub.nextId(), body: text, created_at: at, updated_at: at };
      issue.comments.set(comment.id, comment);
      return { status: 201, json: commentView(hub, issue, comment) };
    })
    .on("GET", one, (request) => ok(commentView(hub, ...commentOf(hub, request))))
    .on("PATCH", one, async (request) => {
      const [issue, comment] = commentOf(hub, request);
      comment.body = (await bodyOf(request, commentSchema)).body;
      comment.updated_at = hub.now(comment.updated_at);
      return ok(commentView(hub, issue, comment));
    })
    .on("DELETE", one, (request) => {
      const [issue, comment] = commentOf(hub, request);
      issue.comments.delete(comment.id);
      return done;
    });
}

/** Adds `…/issues` and the comments on issues and pull requests. */
export function addIssues(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.issues, Number(request.params.issue));
    };
    // Before `/issues/NUMBER`, which would take "comments" for a number.
    addComments(router, hub, root, known);
    router
      .on("GET", `${root}/issues`, (request) => list(hub, request))
      .on("POST", `${root}/issues`, (request) => create(hub, request))
      .on("GET", `${root}/issues/:issue`, (request) => ok(view(hub, known(request))))
      .on("PATCH", `${root}/issues/:issue`, (request) => change(hub, request, known(request)));
  }
}

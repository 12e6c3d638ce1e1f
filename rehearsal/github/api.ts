/** Conventions of GitHub's REST API: errors, request bodies, pages. Source: docs.github.com/rest. */
import type { z } from "zod";
import { type Answer, Refusal, type Request } from "../http/exchange.ts";
import type { Hub } from "./hub.ts";

/** An error's body. */
export function errorBody(status: number, message: string): unknown {
  return { message, documentation_url: "https://docs.github.com/rest", status: String(status) };
}

/** To be thrown: answers with this error. */
export function refuse(status: number, message: string): Refusal {
  return new Refusal({ status, json: errorBody(status, message) });
}

/** To be thrown: 404, also for what one may not see. */
export function notFound(): Refusal {
  return refuse(404, "Not Found");
}

/** The item with this key; throws 404 when there is none. */
export function found<K, V>(items: ReadonlyMap<K, V>, key: K): V {
  const item = items.get(key);
  if (item === undefined) throw notFound();
  return item;
}

/** The request's body in this shape; throws 422 naming everything that does not fit. */
export async function bodyOf<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  const parsed = schema.safeParse((await request.json()) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join("/")}: ${message}`);
  throw refuse(422, `Invalid request.\n\n${problems.join("\n")}`);
}

/** How many entries a page has. */
export interface PageSize {
  usual: number;
  most: number;
}

function linksOf(request: Request, current: number, last: number): string {
  const to = (number: number, rel: string) => {
    const query = new URLSearchParams(request.query);
    query.set("page", String(number));
    return `<${request.origin}${request.path}?${query.toString()}>; rel="${rel}"`;
  };
  const back = current > 1 ? [to(current - 1, "prev"), to(1, "first")] : [];
  const forth = current < last ? [to(current + 1, "next"), to(last, "last")] : [];
  return [...back, ...forth].join(", ");
}

/** One page of a list: `?page` from 1, `?per_page`; the neighbours are in the Link header. `wrap` makes the body. */
export function page<T>(
  request: Request,
  items: readonly T[],
  wrap: (shown: readonly T[], total: number) => unknown,
  { usual, most }: PageSize = { usual: 30, most: 100 },
): Answer {
  const perPage = Math.min(Math.max(Number(request.query.get("per_page") ?? usual) || usual, 1), most);
  const current = Math.max(Number(request.query.get("page") ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(items.length / perPage), 1);
  const link = linksOf(request, current, last);
  const shown = items.slice((current - 1) * perPage, current * perPage);
  return { status: 200, json: wrap(shown, items.length), headers: link === "" ? {} : { link } };
}

/** 200 with this body. */
export const ok = (json: unknown): Answer => ({ status: 200, json });
/** 204. */
export const done: Answer = { status: 204 };

/** The two ways in which paths name the repository; routes are added below both. */
export const repositoryPaths = [
  "/api/v3/repos/:owner/:repository",
  "/api/v3/repositories/:repositoryId",
] as const;

/** Throws 404 unless the path names the one repository that exists. Names are not case-sensitive. */
export function verifyRepository(hub: Hub, request: Request): void {
  const { owner = "", repository = "", repositoryId } = request.params;
  if (repositoryId !== undefined) {
    if (Number(repositoryId) !== hub.repositoryId) throw notFound();
    return;
  }
  const asked = `${owner}/${repository}`.toLowerCase();
  if (asked !== `${hub.options.owner}/${hub.options.repository}`.toLowerCase()) throw notFound();
}

/** The environment named in the path as `:environment`; throws 404 when it does not exist. */
export function environmentOf(hub: Hub, request: Request) {
  verifyRepository(hub, request);
  return found(hub.environments, request.params.environment ?? "");
}

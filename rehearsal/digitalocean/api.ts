/** Conventions of DigitalOcean's API: errors, request bodies, pages. Source: docs.digitalocean.com/reference/api. */
import { z } from "zod";
import { type Answer, Refusal, type Request } from "../http/exchange.ts";

const ids = new Map([
  [400, "bad_request"],
  [401, "Unauthorized"],
  [404, "not_found"],
  [409, "conflict"],
  [412, "precondition_failed"],
  [422, "unprocessable_entity"],
  [429, "too_many_requests"],
  [503, "service_unavailable"],
]);

/** An error's body. */
export function errorBody(status: number, message: string): unknown {
  return { id: ids.get(status) ?? "server_error", message };
}

/** To be thrown: answers with this error. */
export function refuse(status: number, message: string): Refusal {
  return new Refusal({ status, json: errorBody(status, message) });
}

/** To be thrown: 422. */
export function unprocessable(message: string): Refusal {
  return refuse(422, message);
}

/** To be thrown: 404 in the API's words. */
export function notFound(): Refusal {
  return refuse(404, "The resource you were accessing could not be found.");
}

/** The item with this key; throws 404 when there is none. */
export function found<K, V>(items: ReadonlyMap<K, V>, key: K): V {
  const item = items.get(key);
  if (item === undefined) throw notFound();
  return item;
}

/** The item whose number stands in the path as `:id`; throws 404 when there is none. */
export function foundById<V>(items: ReadonlyMap<number, V>, request: Request, name = "id"): V {
  return found(items, Number(request.params[name]));
}

/** The request's body in this shape; throws 422 naming everything that does not fit. Unknown keys are passed over. */
export async function bodyOf<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  const parsed = schema.safeParse((await request.json()) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw unprocessable(problems.join("; "));
}

/** One page of a list: `?page` from 1, `?per_page` up to 200, default 20. */
export function page(request: Request, name: string, items: readonly unknown[]): Answer {
  const { query, origin, path } = request;
  const perPage = Math.min(Math.max(Number(query.get("per_page") ?? 20) || 20, 1), 200);
  const current = Math.max(Number(query.get("page") ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(items.length / perPage), 1);
  const to = (number: number) => `${origin}${path}?page=${number}&per_page=${perPage}`;
  const pages = {
    ...(current > 1 ? { first: to(1), prev: to(current - 1) } : {}),
    ...(current < last ? { next: to(current + 1), last: to(last) } : {}),
  };
  const shown = items.slice((current - 1) * perPage, current * perPage);
  const links = Object.keys(pages).length > 0 ? { pages } : {};
  return { status: 200, json: { [name]: shown, links, meta: { total: items.length } } };
}

/** 200 with this body. */
export const ok = (json: unknown): Answer => ({ status: 200, json });
/** 204. */
export const gone: Answer = { status: 204 };

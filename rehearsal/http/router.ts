/** Finds the handler for a method and a path. */
import type { Handler } from "./exchange.ts";

interface Route {
  method: string;
  pattern: RegExp;
  handler: Handler;
}

/** A route that matched, with what its named parts matched. */
export interface Match {
  handler: Handler;
  params: Record<string, string>;
}

/**
 * Turns `/v2/droplets/:id` into a regular expression. `:name` is one path segment, `:name+` one or more of them.
 * Pattern texts are fixed strings of this code: letters, digits, `/`, `-`, `_` and `.`.
 */
function compile(pattern: string): RegExp {
  const source = pattern
    .replaceAll(".", "\\.")
    .replaceAll(/:(\w+)(\+?)/g, (_, name: string, many: string) => `(?<${name}>${many ? ".+?" : "[^/]+"})`);
  return new RegExp(`^${source}$`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Routes in the order in which they were added; the first that fits serves. */
export class Router {
  private readonly routes: Route[] = [];

  /** Adds a route; `pattern` names parts as `:name` (a segment) or `:name+` (segments). Returns itself. */
  on(method: string, pattern: string, handler: Handler): this {
    this.routes.push({ method, pattern: compile(pattern), handler });
    return this;
  }

  /** The handler for this request, or `undefined` when nothing here answers it. */
  find(method: string, path: string): Match | undefined {
    for (const route of this.routes) {
      if (route.method !== method) continue;
      const hit = route.pattern.exec(path);
      if (!hit) continue;
      const params = Object.entries(hit.groups ?? {}).map(([name, value]) => [name, decode(value)]);
      return { handler: route.handler, params: Object.fromEntries(params) };
    }
    return undefined;
  }
}

/** Keywords of backends. */
import type { Backend, HttpCheck } from "./model.ts";
import { Refused, unsupported } from "./refusal.ts";
import { parseServer } from "./server.ts";
import { parseNumber } from "./time.ts";

type Keyword = (words: readonly string[], before: Backend) => Partial<Backend> | undefined;

const initialCheck: HttpCheck = { method: "OPTIONS", path: "/", headers: [], expect: [200, 399] };

const keywords: Readonly<Record<string, Keyword>> = {
  balance: ([algorithm]) => {
    if (algorithm !== "roundrobin") throw unsupported(`'balance ${algorithm ?? ""}'`);
    return {};
  },
  // Other options are those that all sections have.
  option: ([name, ...rest]) => {
    if (name !== "httpchk") return undefined;
    if (rest.length > 0) throw unsupported("arguments of 'option httpchk'");
    return { check: initialCheck };
  },
  "http-check": ([what, ...rest], before) => {
    const check = before.check ?? initialCheck;
    if (what === "send") return { check: { ...check, ...parseSend(rest) } };
    if (what === "expect") return { check: { ...check, expect: parseExpect(rest) } };
    throw unsupported(`'http-check ${what ?? ""}'`);
  },
  server: (words, before) => {
    const { name, servers, settings } = before;
    const server = parseServer(words, name, servers.length + 1, settings.serverDefaults);
    if (servers.some((other) => other.name === server.name)) {
      throw new Refused(`backend '${name}', another server named '${server.name}' was already defined`);
    }
    return { servers: [...servers, server] };
  },
};

/** Applies a keyword of backends; nothing when there is none of this name. @throws Refused */
export function applyToBackend(
  keyword: string,
  words: readonly string[],
  before: Backend,
): Backend | undefined {
  const known = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  const change = known?.(words, before);
  return change && { ...before, ...change };
}

function parseSend(words: readonly string[]): Partial<HttpCheck> {
  const send: { method?: string; path?: string; headers: [string, string][] } = { headers: [] };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const value = rest.shift();
    if (value === undefined) throw new Refused(`'http-check send' : '${word}' expects an argument`);
    if (word === "meth") send.method = value;
    else if (word === "uri") send.path = value;
    else if (word === "hdr") send.headers.push([value, rest.shift() ?? ""]);
    else if (word !== "ver" || value !== "HTTP/1.1") throw unsupported(`'http-check send ${word} ${value}'`);
  }
  return send;
}

function parseExpect([what, statuses = ""]: readonly string[]): [number, number] {
  const [, from, to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(statuses) ?? [];
  if (what !== "status" || from === undefined)
    throw unsupported(`'http-check expect ${what ?? ""} ${statuses}'`);
  return [parseNumber(from, "status", 100, 599), parseNumber(to, "status", 100, 599)];
}

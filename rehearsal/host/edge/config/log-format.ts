/** The request log's lines. https://docs.haproxy.org/3.0/configuration.html#8.2.6 */
import type { LogFormat, LogRecord } from "./model.ts";
import { Refused } from "./refusal.ts";

const aliases: Readonly<Record<string, (record: LogRecord) => string>> = {
  B: ({ bytes }) => String(bytes),
  HM: ({ method }) => method,
  ST: ({ status }) => String(status),
  Ta: ({ milliseconds }) => String(milliseconds),
  Ts: ({ at }) => String(Math.floor(at / 1000)),
  b: ({ proxy }) => proxy,
  ci: ({ client }) => client,
  ms: ({ at }) => String(at % 1000).padStart(3, "0"),
  rc: ({ retries, redispatched }) => `${redispatched ? "+" : ""}${retries}`,
  s: ({ server }) => server ?? "<NOSRV>",
  ts: ({ end }) => end,
  "[var(txn.path),json(utf8s)]": ({ path }) => (path === undefined ? "-" : json(path)),
};

/** @throws Refused for what the stand-in does not know */
export function parseLogFormat(text: string): LogFormat {
  const parts = text.split(/(%%|%\[[^\]]*\]|%[A-Za-z]+)/).map((part) => {
    if (part === "%%") return () => "%";
    if (!part.startsWith("%") || part === "%") return () => part;
    const name = part.slice(1);
    const known = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    if (!known) throw new Refused(`failed to parse log-format : no such format alias '${name}'`);
    return known;
  });
  return (record) => parts.map((part) => part(record)).join("");
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** The converter `json(utf8s)`: slashes are escaped, everything beyond ASCII is written as a number. */
function json(text: string): string {
  return text.replace(/[^ !#-.0-[\]-~]/g, (letter) => {
    return escapes[letter] ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

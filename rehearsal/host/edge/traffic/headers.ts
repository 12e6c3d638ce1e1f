/** Header fields on their way through the edge. */

/** Those that are about one connection only. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

/** Names and values in turn, as Node gives them: names in lower case, as haproxy writes them, connection's own left out. */
export function forwarded(raw: readonly string[], more: { without?: readonly string[] } = {}): string[] {
  const result: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (hopByHop.has(name) || more.without?.includes(name)) continue;
    result.push(name, raw[at + 1] ?? "");
  }
  return result;
}

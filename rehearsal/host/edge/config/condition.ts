/** `if` and `unless` with tests in braces: all must hold, or all of another group after `||`. https://docs.haproxy.org/3.0/configuration.html#7.2 */
import type { Asked, Condition } from "./model.ts";
import { Refused, unsupported } from "./refusal.ts";

type Fetch = (asked: Asked) => string;
type Match = (found: string, wanted: string) => boolean;

const equal: Match = (found, wanted) => found === wanted;
const begins: Match = (found, wanted) => found.startsWith(wanted);
const fits: Match = (found, wanted) => new RegExp(wanted).test(found);

const fetches: Readonly<Record<string, { fetch: Fetch; match: Match }>> = {
  "hdr(host)": { fetch: ({ host }) => host, match: equal },
  "hdr(host),field(1,:)": { fetch: ({ host }) => host.split(":")[0] ?? "", match: equal },
  path: { fetch: ({ path }) => path, match: equal },
  path_beg: { fetch: ({ path }) => path, match: begins },
  path_reg: { fetch: ({ path }) => path, match: fits },
  method: { fetch: ({ method }) => method, match: equal },
};

/** Reads what follows a rule; nothing at all always holds. @throws Refused */
export function parseCondition(words: readonly string[]): Condition {
  const [keyword, ...rest] = words;
  if (keyword === undefined) return () => true;
  if (keyword !== "if" && keyword !== "unless")
    throw new Refused(`expects 'if' or 'unless', got '${keyword}'`);
  const groups = readGroups(rest);
  if (groups.some((tests) => tests.length === 0)) throw new Refused(`missing condition after '${keyword}'`);
  const holds: Condition = (asked) => groups.some((tests) => tests.every((test) => test(asked)));
  return keyword === "if" ? holds : (asked) => !holds(asked);
}

/** Tests side by side must all hold; `||` and `or` separate groups of which one is enough. */
function readGroups(words: readonly string[]): Condition[][] {
  let group: Condition[] = [];
  const groups = [group];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "||" || word === "or") {
      group = [];
      groups.push(group);
      continue;
    }
    if (word !== "{") throw unsupported("conditions other than tests in braces");
    const end = rest.indexOf("}");
    if (end < 0) throw new Refused("missing closing '}' in condition");
    group.push(testOf(rest.splice(0, end + 1).slice(0, -1)));
  }
  return groups;
}

function testOf(words: readonly string[]): Condition {
  const [name = "", ...patterns] = words;
  if (name === "ssl_fc" && patterns.length === 0) return ({ tls }) => tls;
  const known = Object.hasOwn(fetches, name) ? fetches[name] : undefined;
  if (!known) throw new Refused(`unknown fetch method '${name}' in ACL expression '${name}'`);
  const anyCase = patterns[0] === "-i";
  const wanted = anyCase ? patterns.slice(1).map((one) => one.toLowerCase()) : patterns;
  if (wanted.length === 0 || wanted.some((one) => one.startsWith("-")))
    throw unsupported(`the test '${words.join(" ")}'`);
  return (asked) => {
    const found = known.fetch(asked);
    return wanted.some((one) => known.match(anyCase ? found.toLowerCase() : found, one));
  };
}

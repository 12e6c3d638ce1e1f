/** Keywords of the section `global`. */
import type { EdgeConfig } from "./model.ts";
import { unsupported } from "./refusal.ts";
import { parseNumber, parseTime } from "./time.ts";

export type GlobalSettings = Pick<
  EdgeConfig,
  "adminSocket" | "stateFile" | "maxConnections" | "hardStopAfter"
>;

export const initialGlobal: GlobalSettings = {
  adminSocket: undefined,
  stateFile: undefined,
  maxConnections: 2000,
  hardStopAfter: undefined,
};

const keywords: Readonly<Record<string, (words: readonly string[]) => Partial<GlobalSettings>>> = {
  log: (words) => {
    if (words.join(" ") !== "stdout format raw local0") throw unsupported(`'log ${words.join(" ")}'`);
    return {};
  },
  stats: ([what, path, ...rest]) => {
    if (what !== "socket" || path === undefined || !path.startsWith("/"))
      throw unsupported(`'stats ${what ?? ""}'`);
    const given = rest.join(" ");
    if (!/^(mode \d{3} ?|level admin ?|expose-fd listeners ?)*$/.test(given)) {
      throw unsupported(`'stats socket' with '${given}'`);
    }
    if (!given.includes("level admin")) throw unsupported("'stats socket' without 'level admin'");
    return { adminSocket: path };
  },
  "server-state-file": ([path]) => ({ stateFile: path }),
  maxconn: ([count]) => ({ maxConnections: parseNumber(count, "maxconn", 1, 10_000_000) }),
  // Each connection needs two files, and the process itself some.
  "fd-hard-limit": ([count]) => ({
    maxConnections: Math.floor((parseNumber(count, "fd-hard-limit", 200, 10_000_000) - 100) / 2),
  }),
  "hard-stop-after": ([time]) => ({ hardStopAfter: parseTime(time, "hard-stop-after") }),
};

/** Applies a keyword of `global`; nothing when there is none of this name. @throws Refused */
export function applyToGlobal(
  keyword: string,
  words: readonly string[],
  before: GlobalSettings,
): GlobalSettings | undefined {
  const known = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  return known && { ...before, ...known(words) };
}

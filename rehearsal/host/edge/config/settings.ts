/** Keywords that `defaults`, frontends and backends share. */
import { parseLogFormat } from "./log-format.ts";
import type { ErrorPage, ProxySettings, RetryReason, TimeoutName } from "./model.ts";
import { type Files, Refused, unsupported } from "./refusal.ts";
import { parseServerSettings, serverDefaults } from "./server.ts";
import { parseNumber, parseTime } from "./time.ts";

const timeouts = [
  "connect",
  "client",
  "server",
  "queue",
  "check",
  "http-request",
  "http-keep-alive",
] as const;
const reasons = ["conn-failure", "empty-response", "502", "503"] as const;

export const initialSettings: ProxySettings = {
  timeouts: {},
  retries: 3,
  retryOn: new Set(["conn-failure"]),
  redispatch: 0,
  logFormat: undefined,
  idleCloseOnResponse: false,
  loadState: false,
  serverDefaults,
  errorPages: new Map(),
};

type Change = Partial<ProxySettings>;
type Keyword = (words: readonly string[], before: ProxySettings, files: Files) => Change;

const options: Readonly<Record<string, Keyword>> = {
  dontlognull: () => ({}),
  "idle-close-on-response": () => ({ idleCloseOnResponse: true }),
  redispatch: ([interval]) => {
    if (interval === undefined) throw unsupported("'option redispatch' without '1'");
    return { redispatch: parseNumber(interval, "option redispatch", 1, 1) };
  },
};

const keywords: Readonly<Record<string, Keyword>> = {
  mode: ([mode]) => {
    if (mode !== "http") throw unsupported(`'mode ${mode ?? ""}'`);
    return {};
  },
  log: ([target]) => {
    if (target !== "global") throw unsupported(`'log ${target ?? ""}' outside 'global'`);
    return {};
  },
  "log-format": ([text]) => {
    if (text === undefined) throw new Refused("'log-format' expects an argument.");
    return { logFormat: parseLogFormat(text) };
  },
  option: ([name = "", ...rest], before, files) => {
    const known = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!known) throw new Refused(`unknown option '${name}'.`);
    return known(rest, before, files);
  },
  retries: ([count]) => ({ retries: parseNumber(count, "retries", 0, 1000) }),
  "retry-on": (words) => {
    const unknown = words.find((word) => !(reasons as readonly string[]).includes(word));
    if (unknown !== undefined) throw new Refused(`'retry-on': unknown keyword '${unknown}'`);
    return { retryOn: new Set(words as readonly RetryReason[]) };
  },
  timeout: ([name = "", time], before) => {
    if (!(timeouts as readonly string[]).includes(name)) {
      throw new Refused(`'timeout' supports ${timeouts.map((one) => `'${one}'`).join(", ")} (got '${name}')`);
    }
    return { timeouts: { ...before.timeouts, [name as TimeoutName]: parseTime(time, `timeout ${name}`) } };
  },
  "load-server-state-from-file": ([from]) => {
    if (from !== "global" && from !== "none")
      throw unsupported(`'load-server-state-from-file ${from ?? ""}'`);
    return { loadState: from === "global" };
  },
  "default-server": (words, before) => ({
    serverDefaults: parseServerSettings(words, before.serverDefaults),
  }),
  "http-error": (words, before, files) => {
    const [status, page] = parseErrorPage(words, files);
    return { errorPages: new Map([...before.errorPages, [status, page]]) };
  },
};

/** Applies a shared keyword; nothing when there is none of this name. @throws Refused */
export function applyShared(
  keyword: string,
  words: readonly string[],
  before: ProxySettings,
  files: Files,
): ProxySettings | undefined {
  const known = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  return known && { ...before, ...known(words, before, files) };
}

function parseErrorPage(words: readonly string[], files: Files): [number, ErrorPage] {
  const [keyword, status, typeKeyword, contentType, fileKeyword, path] = words;
  if (
    keyword !== "status" ||
    typeKeyword !== "content-type" ||
    fileKeyword !== "file" ||
    words.length !== 6
  ) {
    throw unsupported("'http-error' in another form than 'status … content-type … file …'");
  }
  const body = files.read(path ?? "");
  if (!body) throw new Refused(`http-error : error opening file '${path}'`);
  return [parseNumber(status, "http-error", 200, 599), { contentType: contentType ?? "", body }];
}

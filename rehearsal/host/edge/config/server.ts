/** `server` and `default-server`. https://docs.haproxy.org/3.0/configuration.html#5 */
import type { Server, ServerSettings } from "./model.ts";
import { Refused, unsupported } from "./refusal.ts";
import { parseNumber, parseTime } from "./time.ts";

/** haproxy's own values. */
export const serverDefaults: ServerSettings = {
  weight: 1,
  check: false,
  inter: 2000,
  fastInter: undefined,
  downInter: undefined,
  rise: 2,
  fall: 3,
};

/** @throws Refused */
export function parseServerSettings(words: readonly string[], before: ServerSettings): ServerSettings {
  const settings = { ...before };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    switch (word) {
      case "check":
        settings.check = true;
        break;
      case "no-check":
        settings.check = false;
        break;
      case "weight":
        settings.weight = weightOf(rest.shift());
        break;
      case "inter":
        settings.inter = parseTime(rest.shift(), word);
        break;
      case "fastinter":
        settings.fastInter = parseTime(rest.shift(), word);
        break;
      case "downinter":
        settings.downInter = parseTime(rest.shift(), word);
        break;
      case "rise":
        settings.rise = parseNumber(rest.shift(), word, 1, 1000);
        break;
      case "fall":
        settings.fall = parseNumber(rest.shift(), word, 1, 1000);
        break;
      default:
        throw new Refused(`unknown keyword '${word}'`);
    }
  }
  return settings;
}

/** `server <name> 127.0.0.1:<port> …` @throws Refused */
export function parseServer(
  words: readonly string[],
  backend: string,
  id: number,
  before: ServerSettings,
): Server {
  const [name, address, ...rest] = words;
  if (name === undefined || address === undefined) {
    throw new Refused("'server' expects <name> and <addr>[:<port>] as arguments.");
  }
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host === undefined) throw new Refused(`'server ${backend}/${name}' : invalid address: '${address}'`);
  if (host !== "127.0.0.1") throw unsupported(`servers at other addresses than 127.0.0.1 ('${address}')`);
  try {
    const settings = parseServerSettings(rest, before);
    return { name, id, port: parseNumber(port, "port", 1, 65_535), ...settings };
  } catch (cause) {
    if (cause instanceof Refused)
      throw new Refused(`'server ${backend}/${name}' : ${cause.message}`, { cause });
    throw cause;
  }
}

function weightOf(text: string | undefined): number {
  const value = Number(text);
  if (/^\d+$/.test(text ?? "") && value <= 256) return value;
  throw new Refused(`weight of server is not within 0 and 256 (${text ?? ""}).`);
}

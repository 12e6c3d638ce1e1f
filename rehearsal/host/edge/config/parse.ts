/** Reads a configuration of the edge: everything that `infra/edge.ts` writes, and nothing that is not understood. */
import { applyToBackend } from "./backend.ts";
import { applyToFrontend } from "./frontend.ts";
import { applyToGlobal, type GlobalSettings, initialGlobal } from "./global.ts";
import type { Backend, EdgeConfig, Frontend, ProxySettings } from "./model.ts";
import { type Files, Refused } from "./refusal.ts";
import { applyShared, initialSettings } from "./settings.ts";
import { type Line, readLines } from "./words.ts";

/** A configuration, or what is wrong with it, a message each, in the form of haproxy's. */
export type Parsed = { config: EdgeConfig; alerts: readonly [] } | { config: undefined; alerts: string[] };

type Section = "global" | "defaults" | "frontend" | "backend" | undefined;

/** Everything read so far; the last frontend or backend is the one that lines belong to. */
interface Reading {
  section: Section;
  global: GlobalSettings;
  defaults: ProxySettings;
  frontends: Frontend[];
  backends: Backend[];
  /** The first is that of statistics, which every process has. */
  lastId: number;
}

/**
 * @param file the configuration's name in messages
 * @param files those that the configuration names, such as certificates
 */
export function parseConfig(text: string, file: string, files: Files): Parsed {
  const reading: Reading = {
    section: undefined,
    global: initialGlobal,
    defaults: initialSettings,
    frontends: [],
    backends: [],
    lastId: 1,
  };
  const alerts: string[] = [];
  for (const line of readLines(text)) {
    try {
      take(line, reading, files);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      alerts.push(`config : parsing [${file}:${line.number}] : ${cause.message}`);
    }
  }
  if (!text.endsWith("\n"))
    alerts.push(`config : parsing [${file}] : Missing LF on last line, file might have been truncated.`);
  if (alerts.length > 0) alerts.push(`config : Error(s) found in configuration file : ${file}`);
  else alerts.push(...missing(reading));
  if (alerts.length > 0) {
    return { config: undefined, alerts: [...alerts, "config : Fatal errors found in configuration."] };
  }
  const { frontends, backends } = reading;
  return { config: { ...reading.global, frontends, backends }, alerts: [] };
}

function take({ words }: Line, reading: Reading, files: Files): void {
  const [keyword = "", ...rest] = words;
  if (opens(keyword, rest, reading)) return;
  if (!apply(keyword, rest, reading, files)) {
    throw new Refused(
      reading.section === undefined
        ? `unknown keyword '${keyword}' out of section.`
        : `unknown keyword '${keyword}' in '${reading.section}' section`,
    );
  }
}

/** Begins a section if the line does so. */
function opens(keyword: string, [name]: readonly string[], reading: Reading): boolean {
  switch (keyword) {
    case "global":
    case "defaults":
      reading.section = keyword;
      if (keyword === "defaults") reading.defaults = initialSettings;
      return true;
    case "frontend":
    case "backend":
      reading.section = keyword;
      begin(keyword, name, reading);
      return true;
    default:
      return false;
  }
}

function begin(kind: "frontend" | "backend", name: string | undefined, reading: Reading): void {
  if (name === undefined || !/^[\w.:-]+$/.test(name)) {
    throw new Refused(`'${kind}' expects an <id> argument, found '${name ?? ""}'`);
  }
  const known: readonly { name: string }[] = kind === "frontend" ? reading.frontends : reading.backends;
  if (known.some((other) => other.name === name)) {
    throw new Refused(`Parsing [${kind} ${name}]: the name is already used`);
  }
  reading.lastId += 1;
  const common = { name, id: reading.lastId, settings: reading.defaults };
  if (kind === "frontend") {
    reading.frontends.push({ ...common, binds: [], rules: [], uses: [], defaultBackend: undefined });
  } else reading.backends.push({ ...common, check: undefined, servers: [] });
}

/** Applies a line to its section; false when the section has no such keyword. */
function apply(keyword: string, words: readonly string[], reading: Reading, files: Files): boolean {
  switch (reading.section) {
    case undefined:
      return false;
    case "global": {
      const after = applyToGlobal(keyword, words, reading.global);
      reading.global = after ?? reading.global;
      return after !== undefined;
    }
    case "defaults": {
      const after = applyShared(keyword, words, reading.defaults, files);
      reading.defaults = after ?? reading.defaults;
      return after !== undefined;
    }
    case "frontend":
      return replaceLast(reading.frontends, (before) => {
        return applyToFrontend(keyword, words, before, files) ?? withShared(keyword, words, before, files);
      });
    case "backend":
      return replaceLast(reading.backends, (before) => {
        return applyToBackend(keyword, words, before) ?? withShared(keyword, words, before, files);
      });
  }
}

function withShared<T extends { settings: ProxySettings }>(
  keyword: string,
  words: readonly string[],
  before: T,
  files: Files,
): T | undefined {
  const settings = applyShared(keyword, words, before.settings, files);
  return settings && { ...before, settings };
}

function replaceLast<T>(list: T[], change: (before: T) => T | undefined): boolean {
  const before = list.pop();
  // A section whose own line was refused: what follows it has been reported already.
  if (before === undefined) return true;
  list.push(before);
  const after = change(before);
  if (after !== undefined) list[list.length - 1] = after;
  return after !== undefined;
}

/** Backends that are named and not there. */
function missing({ frontends, backends }: Reading): string[] {
  const known = new Set(backends.map(({ name }) => name));
  return frontends.flatMap(({ name, uses, defaultBackend }) => [
    ...uses
      .filter(({ backend }) => !known.has(backend))
      .map(({ backend }) => `config : Proxy '${name}': unable to find required use_backend: '${backend}'.`),
    ...(defaultBackend === undefined || known.has(defaultBackend)
      ? []
      : [`config : Proxy '${name}': unable to find required default_backend: '${defaultBackend}'.`]),
  ]);
}

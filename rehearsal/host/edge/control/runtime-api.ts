/** The runtime API on the admin socket. https://docs.haproxy.org/3.0/management.html#9.3 */

import type { Pool } from "../balance/pool.ts";
import { showStates } from "../balance/state-file.ts";
import type { Target } from "../balance/target.ts";
import type { Worker } from "../worker.ts";
import { commitCertificate, setCertificate } from "./certificates.ts";
import { showInfo, version } from "./info.ts";
import { CommandRefused } from "./refused.ts";
import { showStat } from "./stat.ts";

/** @param payload lines that followed the command up to an empty one */
type Command = (words: readonly string[], worker: Worker, payload: string) => string;

const help: Readonly<Record<string, string>> = {
  "commit ssl cert": "commit ssl cert <certfile>              : commit a certificate file",
  "disable health": "disable health                          : disable health checks",
  "enable health": "enable health                           : enable health checks",
  "set server": "set server <bk>/<srv> [opts]            : change a server's state, weight, address or ssl",
  "set ssl cert": "set ssl cert <certfile> <payload>       : replace a certificate file",
  "show info": "show info [desc|json|typed|float]*      : report information about the running process",
  "show servers state":
    "show servers state [<backend>]          : dump volatile server information (all or for a single backend)",
  "show stat": "show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server",
  "show version": "show version                            : show version of the current process",
};

const commands: Readonly<Record<string, Command>> = {
  "commit ssl cert": ([file], worker) => commitCertificate(file, worker),
  "disable health": ([name], worker) => setHealth(name, false, worker),
  "enable health": ([name], worker) => setHealth(name, true, worker),
  "set server": setServer,
  "set ssl cert": ([file], worker, payload) => setCertificate(file, payload, worker),
  "show info": (words, worker) => {
    if (words.length > 0) throw unknown(`show info ${words.join(" ")}`);
    return showInfo(worker);
  },
  "show servers state": ([name], worker) => {
    const pools =
      name === undefined ? [...worker.pools.values()] : [findPool(name, worker, "Can't find backend.\n")];
    return showStates(pools);
  },
  "show stat": (words, worker) => {
    if (words.length === 0) return showStat(worker);
    const [proxy = "", types = "-1", server = "-1"] = words;
    if (words.length !== 3 || ![types, server].every((number) => /^-?\d+$/.test(number))) {
      throw unknown(`show stat ${words.join(" ")}`);
    }
    return showStat(worker, {
      proxy: proxyNumber(proxy, worker),
      types: Number(types),
      server: Number(server),
    });
  },
  "show version": () => `${version}\n`,
};

/**
 * Runs what came over one connection: commands in lines, several in one with `;` between them. A line that was not
 * ended is not run. Each answer is followed by an empty line.
 */
export function runCommands(input: string, worker: Worker): string {
  const lines = input.split("\n").slice(0, -1);
  let output = "";
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const payload = takePayload(line, lines);
    for (const command of line.split(/(?<!\\);/).map((one) => one.replace(/<<$/, "").trim())) {
      if (command === "quit") return output;
      output += `${runOne(command, worker, payload)}\n`;
    }
  }
  return output;
}

/** Takes what belongs to a command that ends with `<<`: the lines up to an empty one. https://docs.haproxy.org/3.0/management.html#9.3 */
function takePayload(line: string, rest: string[]): string {
  if (!line.endsWith("<<")) return "";
  const end = rest.indexOf("");
  return `${rest
    .splice(0, end < 0 ? rest.length : end + 1)
    .join("\n")
    .trimEnd()}\n`;
}

function runOne(text: string, worker: Worker, payload: string): string {
  const words = text.split(/\s+/).filter((word) => word !== "");
  for (const length of [3, 2]) {
    const name = words.slice(0, length).join(" ");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) continue;
    try {
      return command(words.slice(length), worker, payload);
    } catch (cause) {
      if (cause instanceof CommandRefused) return cause.message;
      throw cause;
    }
  }
  return unknown(text).message;
}

function unknown(text: string): CommandRefused {
  const known = Object.values(help).map((line) => `  ${line}\n`);
  const name = text === "" ? "" : `: '${text}'`;
  return new CommandRefused(
    `Unknown command${name}. Please enter one of the following commands only:\n${known.join("")}`,
  );
}

function findPool(name: string, worker: Worker, otherwise: string): Pool {
  const pool = worker.pools.get(name);
  if (!pool) throw new CommandRefused(otherwise);
  return pool;
}

function findTarget(name: string | undefined, worker: Worker): { pool: Pool; target: Target } {
  const [backend, server] = (name ?? "").split("/");
  if (backend === undefined || server === undefined) throw new CommandRefused("Require 'backend/server'.\n");
  const pool = findPool(backend, worker, "No such backend.\n");
  const target = pool.targets.find(({ config }) => config.name === server);
  if (!target) throw new CommandRefused("No such server.\n");
  return { pool, target };
}

function setServer([name, what, value, ...more]: readonly string[], worker: Worker): string {
  const { pool, target } = findTarget(name, worker);
  if (more.length > 0 || (what !== "weight" && what !== "state" && what !== "health")) {
    throw new CommandRefused(
      "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n",
    );
  }
  if (what === "weight") target.weight = weightOf(value, target);
  else if (what === "health") {
    if (value !== "up" && value !== "down")
      throw new CommandRefused("'set server <srv> health' expects 'up' or 'down'.\n");
    target.believe(value);
  } else if (value === "ready" || value === "drain" || value === "maint") target.want(value);
  else throw new CommandRefused("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  pool.forgetShares();
  return "";
}

/** A number, or a share of the weight in the configuration. */
function weightOf(text: string | undefined, { config }: Target): number {
  if (text === undefined) throw new CommandRefused("Require <weight> or <weight%>.\n");
  const [, digits = "", percent, rest = ""] = /^(\d*)(%?)(.*)$/.exec(text) ?? [];
  if (digits === "") throw new CommandRefused("Empty weight string empty or preceded by garbage");
  if (rest !== "") throw new CommandRefused("Trailing garbage in weight string");
  const weight = percent === "%" ? Math.round((config.weight * Number(digits)) / 100) : Number(digits);
  if (percent === "" && weight > 256) {
    throw new CommandRefused("Absolute weight can only be between 0 and 256 inclusive.\n");
  }
  return Math.min(weight, 256);
}

function setHealth(name: string | undefined, checked: boolean, worker: Worker): string {
  const { target } = findTarget(name, worker);
  if (!target.config.check) {
    throw new CommandRefused("Health checks are not configured on this server, cannot change the state.\n");
  }
  target.checked = checked;
  return "";
}

function proxyNumber(text: string, worker: Worker): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const pool = worker.pools.get(text);
  const entrance = worker.entrances.find(({ frontend }) => frontend.name === text);
  const id = pool?.config.id ?? entrance?.frontend.id;
  if (id === undefined) throw new CommandRefused("No such proxy.\n");
  return id;
}

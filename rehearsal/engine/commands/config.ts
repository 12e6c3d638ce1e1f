import { readFileSync } from "node:fs";
import { EngineError, unsupported } from "../failure.ts";
import type { StackConfig } from "../project/stack-config.ts";
import { isObject } from "../values/values.ts";
import { type Command, type Session, say, sayJson, sayTable } from "./command.ts";

function configOf(session: Session): StackConfig {
  return session.config(session.stack());
}

function keyOf(session: Session): string {
  const [key] = session.args.positional;
  if (key === undefined) throw new EngineError("usage", "a configuration key is expected");
  return key;
}

export const configShow: Command = {
  flags: { json: "switch", "show-secrets": "switch" },
  run: (session) => {
    const show = session.args.has("show-secrets");
    const all = Object.entries(configOf(session).all(show)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (session.args.has("json")) {
      return sayJson(
        Object.fromEntries(
          all.map(([key, value]) => [key, value.secret && !show ? { secret: true } : value]),
        ),
      );
    }
    const prefix = `${session.project.name}:`;
    sayTable(
      ["KEY", "VALUE"],
      all.map(([key, { value }]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value]),
    );
  },
};

export const configGet: Command = {
  flags: { json: "switch", path: "switch" },
  run: (session) => {
    const key = keyOf(session);
    const value = configOf(session).get(key, session.args.has("path"));
    if (!value) {
      throw new EngineError(
        "config",
        `configuration key '${key}' not found for stack '${session.stack().stack}'`,
      );
    }
    if (session.args.has("json")) sayJson(value);
    else say(value.value);
  },
};

export const configSet: Command = {
  flags: { path: "switch", secret: "switch", plaintext: "switch" },
  run: (session) => {
    const { args } = session;
    const value = args.positional[1] ?? readFileSync(0, "utf8").replace(/\r?\n$/, "");
    configOf(session).set(keyOf(session), value, { secret: args.has("secret"), isPath: args.has("path") });
  },
};

function pairOf(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new EngineError("usage", `a key=value pair is expected, not '${text}'`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Values in the form of `pulumi config --json`; structures keep their types. */
function setFromJson(config: StackConfig, text: string): void {
  const all: unknown = JSON.parse(text);
  if (!isObject(all)) throw new EngineError("usage", "--json expects an object of configuration values");
  for (const [key, entry] of Object.entries(all)) {
    if (!isObject(entry) || typeof entry.value !== "string") {
      throw new EngineError("usage", `value for --json object key "${key}" is nil`);
    }
    const structured = entry.objectValue !== undefined && entry.objectValue !== null;
    // The real CLI fails here too: it takes the ciphertext for the structure.
    if (entry.secret === true && structured) throw unsupported(`a secret structure in --json ("${key}")`);
    if (entry.secret === true) config.set(key, entry.value, { secret: true, isPath: false });
    else config.setStored(key, structured ? (JSON.parse(entry.value) as unknown) : entry.value);
  }
}

export const configSetAll: Command = {
  flags: { path: "switch", secret: "values", plaintext: "values", json: "value" },
  run: (session) => {
    const { args } = session;
    const config = configOf(session);
    const isPath = args.has("path");
    const json = args.value("json");
    if (json !== undefined) {
      if (isPath || args.values("secret").length > 0 || args.values("plaintext").length > 0) {
        throw new EngineError(
          "usage",
          "the --json option cannot be used with the --plaintext, --secret or --path options",
        );
      }
      return setFromJson(config, json);
    }
    for (const kind of ["plaintext", "secret"] as const) {
      for (const [key, value] of args.values(kind).map(pairOf))
        config.set(key, value, { secret: kind === "secret", isPath });
    }
  },
};

export const configRm: Command = {
  flags: { path: "switch" },
  run: (session) => configOf(session).setStored(keyOf(session), undefined, session.args.has("path")),
};

export const configRmAll: Command = {
  flags: { path: "switch" },
  run: (session) => {
    const config = configOf(session);
    for (const key of session.args.positional) config.setStored(key, undefined, session.args.has("path"));
  },
};

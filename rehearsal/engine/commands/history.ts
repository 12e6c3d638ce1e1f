import { EngineError } from "../failure.ts";
import { isSecure, showStored } from "../project/stack-config.ts";
import type { Secrets } from "../secrets/passphrase.ts";
import { readHistory, type UpdateInfo } from "../state/history.ts";
import type { Props } from "../values/values.ts";
import { type Command, say, sayJson } from "./command.ts";

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** A configuration value as history shows it: a secret without its value, unless it is asked for. */
function shownConfig(stored: unknown, secrets: Secrets | undefined, show: boolean): Props {
  if (isSecure(stored) && !show) return { secret: true };
  const reveal = (ciphertext: string) => {
    if (!show) return "[secret]";
    if (!secrets)
      throw new EngineError(
        "passphrase",
        "the history holds secrets, but the stack's configuration has no salt",
      );
    return secrets.decrypt(ciphertext);
  };
  return { ...showStored(stored, reveal) };
}

function shownUpdate(info: UpdateInfo, secrets: Secrets | undefined, show: boolean): Props {
  return {
    version: info.version,
    kind: info.kind,
    startTime: isoOf(info.startTime),
    message: info.message,
    environment: info.environment,
    config: Object.fromEntries(
      Object.entries(info.config).map(([key, stored]) => [key, shownConfig(stored, secrets, show)]),
    ),
    result: info.result,
    endTime: isoOf(info.endTime),
    resourceChanges: info.resourceChanges,
  };
}

function sayUpdate(info: UpdateInfo): void {
  const changes = Object.entries(info.resourceChanges).map(([op, count]) => `${count} ${op}`);
  say(`UpdateKind: ${info.kind}`);
  say(`Status: ${info.result}`);
  if (info.message) say(`Message: ${info.message}`);
  say(`Resource Changes: ${changes.join(", ") || "none"}`);
  say(`Updated: ${isoOf(info.startTime)} (took ${info.endTime - info.startTime}s)`);
  say("");
}

export const stackHistory: Command = {
  flags: {
    json: "switch",
    "show-secrets": "switch",
    "page-size": "value",
    page: "value",
    "full-dates": "switch",
  },
  run: (session) => {
    const { args, project } = session;
    const ref = session.stack();
    const size = args.number("page-size") ?? (args.has("json") ? undefined : 10);
    const updates = readHistory(project.backend, ref, size, args.number("page"));
    if (!args.has("json")) {
      if (updates.length === 0) say("Stack has never been updated");
      for (const info of updates) sayUpdate(info);
      return;
    }
    const { secrets } = session.config(ref);
    sayJson(updates.map((info) => shownUpdate(info, secrets, args.has("show-secrets"))));
  },
};

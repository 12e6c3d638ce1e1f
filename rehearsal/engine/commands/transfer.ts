// `pulumi stack export` and `import`: the state as a file.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { EngineError } from "../failure.ts";
import { fromDeployment, toDeployment } from "../state/deployment.ts";
import { lockStack } from "../state/locks.ts";
import { isObject } from "../values/values.ts";
import { type Command, say } from "./command.ts";

export const stackExport: Command = {
  flags: { "show-secrets": "switch", file: "value" },
  run: (session) => {
    const { args, project } = session;
    const ref = session.stack();
    const { version = 3, checkpoint } = project.backend.raw(ref);
    const deployment = args.has("show-secrets")
      ? toDeployment(project.backend.load(ref, session.config(ref).secrets), true)
      : checkpoint.latest;
    const text = JSON.stringify({ version, deployment }, null, 4);
    const file = args.value("file");
    if (file === undefined) say(text);
    else writeFileSync(resolve(session.directory, file), `${text}\n`);
  },
};

export const stackImport: Command = {
  flags: { file: "value", force: "switch" },
  run: (session) => {
    const { args, project } = session;
    const ref = session.stack();
    const file = args.value("file");
    const content: unknown = JSON.parse(
      readFileSync(file === undefined ? 0 : resolve(session.directory, file), "utf8"),
    );
    if (!isObject(content) || !isObject(content.deployment)) {
      throw new EngineError("usage", "the file to import is not a stack export: it has no deployment");
    }
    const version = typeof content.version === "number" ? { version: content.version } : {};
    const raw = { ...version, features: content.features, deployment: content.deployment };
    const snapshot = fromDeployment(raw, session.config(ref).secrets);
    const foreign = snapshot.resources.find(
      ({ urn }) => !urn.startsWith(`urn:pulumi:${ref.stack}::${ref.project}::`),
    );
    if (foreign && !args.has("force")) {
      throw new EngineError(
        "state",
        `resource '${foreign.urn}' belongs to a different stack than '${ref.stack}'`,
      );
    }
    for (const { resource, type } of snapshot.pending) {
      process.stderr.write(
        `warning: removing pending operation '${type}' on '${resource.urn}' from snapshot\n`,
      );
    }
    const unlock = lockStack(project.backend, ref);
    try {
      project.backend.save(ref, { ...snapshot, pending: [] });
    } finally {
      unlock();
    }
    say("Import complete.");
  },
};

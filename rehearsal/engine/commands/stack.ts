// `pulumi stack …` without history and state transfer.
import { EngineError, unsupported } from "../failure.ts";
import { text } from "../providers/fields.ts";
import { fromDeployment } from "../state/deployment.ts";
import { lockStack } from "../state/locks.ts";
import { isProviderType, nameOf, STACK_TYPE } from "../state/resource.ts";
import { hasSecret, isObject, type Props, plainProps } from "../values/values.ts";
import { type Command, type Session, say, sayJson, sayTable } from "./command.ts";

function createStack(session: Session): void {
  const { args, project } = session;
  const provider = args.value("secrets-provider") ?? "default";
  if (provider !== "default" && provider !== "passphrase")
    throw unsupported(`the secrets provider "${provider}"`);
  const ref = project.ref(args.positional[0] ?? args.value("stack"));
  if (project.backend.exists(ref)) {
    throw new EngineError("stack-exists", `stack 'organization/${ref.project}/${ref.stack}' already exists`);
  }
  const secrets = session.config(ref).ensureSecrets();
  project.backend.save(ref, { resources: [], pending: [], secrets });
  if (!args.has("no-select")) project.select(ref.stack);
  say(`Created stack '${ref.stack}'`);
}

export const stackInit: Command = {
  flags: { "secrets-provider": "value", "no-select": "switch" },
  run: createStack,
};

export const stackSelect: Command = {
  flags: { create: "switch", "secrets-provider": "value" },
  run: (session) => {
    const { args, project } = session;
    const name = args.value("stack") ?? args.positional[0];
    if (args.has("create") && !project.backend.exists(project.ref(name))) createStack(session);
    project.select(project.existing(name).stack);
  },
};

export const stackLs: Command = {
  flags: { json: "switch", all: "switch" },
  run: ({ args, project }) => {
    const mine = project.backend.list().filter((stack) => args.has("all") || stack.project === project.name);
    const rows = mine.map((stack) => ({
      name: stack.project === project.name ? stack.stack : `organization/${stack.project}/${stack.stack}`,
      current: stack.project === project.name && stack.stack === project.selected,
      ...(stack.time !== undefined && { lastUpdate: stack.time }),
      resourceCount: stack.count,
    }));
    if (args.has("json")) return sayJson(rows);
    sayTable(
      ["NAME", "LAST UPDATE", "RESOURCE COUNT"],
      rows.map((row) => [
        row.current ? `${row.name}*` : row.name,
        row.lastUpdate ?? "n/a",
        String(row.resourceCount),
      ]),
    );
  },
};

export const stackRm: Command = {
  flags: { force: "switch", "preserve-config": "switch" },
  run: (session) => {
    const { args, project } = session;
    const ref = session.stack(args.positional[0] ?? args.value("stack"));
    const unlock = lockStack(project.backend, ref);
    try {
      const left = project.backend.raw(ref).checkpoint.latest?.resources ?? [];
      if (left.length > 0 && !args.has("force")) {
        throw new EngineError(
          "state",
          `'${ref.stack}' still has resources; removal rejected. Possible actions:\n- Make sure that '${ref.stack}' is the ` +
            "stack that you want to destroy\n- Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`\n" +
            "- Run `pulumi stack rm --force` to override this error",
        );
      }
      project.backend.remove(ref);
      if (!args.has("preserve-config")) session.config(ref).remove();
    } finally {
      unlock();
    }
    say(`Stack '${ref.stack}' has been removed!`);
  },
};

/** Outputs as stored; masking needs no key, so its slow derivation is left out. */
function masked(outputs: Props): Props {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [key, hasSecret(value) ? "[secret]" : value]),
  );
}

function outputsOf(session: Session): Props {
  const ref = session.stack();
  const { version, checkpoint } = session.project.backend.raw(ref);
  const root = checkpoint.latest?.resources?.find(
    (resource) => resource.type === STACK_TYPE && !resource.delete,
  );
  if (!root) return {};
  if (!session.args.has("show-secrets")) return masked(isObject(root.outputs) ? root.outputs : {});
  const only = { ...checkpoint.latest, resources: [root], pending_operations: [] };
  const raw = { ...(version !== undefined && { version }), deployment: only };
  const snapshot = fromDeployment(raw, session.config(ref).secrets);
  return plainProps(snapshot.resources[0]?.outputs ?? {});
}

export const stackOutput: Command = {
  flags: { json: "switch", "show-secrets": "switch" },
  run: (session) => {
    const { args } = session;
    const outputs = outputsOf(session);
    const [name] = args.positional;
    const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    if (name !== undefined) {
      if (!Object.hasOwn(outputs, name))
        throw new EngineError("usage", `current stack does not have output property '${name}'`);
      return args.has("json") ? sayJson(outputs[name]) : say(shown(outputs[name]));
    }
    if (args.has("json")) return sayJson(outputs);
    sayTable(
      ["OUTPUT", "VALUE"],
      Object.entries(outputs).map(([key, value]) => [key, shown(value)]),
    );
  },
};

/** `pulumi stack` alone: what the stack consists of. */
export const stackShow: Command = {
  flags: { "show-name": "switch", "show-ids": "switch", "show-urns": "switch" },
  run: (session) => {
    const { args, project } = session;
    const ref = session.stack();
    if (args.has("show-name")) return say(ref.stack);
    const latest = project.backend.raw(ref).checkpoint.latest;
    say(`Current stack is ${ref.stack} (rehearsal):`);
    say(`    Last updated: ${latest?.manifest?.time ?? "never"}`);
    const rows = (latest?.resources ?? [])
      .filter((resource) => !isProviderType(text(resource, "type")))
      .map((resource) => [
        `    ${text(resource, "type")}`,
        args.has("show-urns") ? text(resource, "urn") : nameOf(text(resource, "urn")),
        ...(args.has("show-ids") ? [text(resource, "id")] : []),
      ]);
    sayTable(["    TYPE", "NAME", ...(args.has("show-ids") ? ["ID"] : [])], rows);
  },
};

// `pulumi state …`: the state, edited without a program. Secrets in it stay as they are: no key is needed.
import { EngineError, unsupported } from "../failure.ts";
import { writeWhole } from "../state/files.ts";
import { lockStack } from "../state/locks.ts";
import type { Props } from "../values/values.ts";
import { type Command, type Session, say } from "./command.ts";

/** Clears the protection of resources, whatever the program says. @param urns none: of all */
function unprotect(resources: readonly Props[], urns: readonly string[]): Props[] {
  // What is only waiting to be deleted is none of the stack's any more.
  const there = resources.filter((resource) => resource.delete !== true);
  const missing = urns.filter((urn) => !there.some((resource) => resource.urn === urn));
  if (missing.length > 0)
    throw new EngineError(
      "state",
      missing.map((urn) => `No such resource "${urn}" exists in the current state`).join("\n"),
    );
  return resources.map((resource) => {
    if (!there.includes(resource) || (urns.length > 0 && !urns.includes(String(resource.urn))))
      return resource;
    const { protect: _, ...rest } = resource;
    return rest;
  });
}

function edit(session: Session): void {
  const { args, project } = session;
  const ref = session.stack();
  const unlock = lockStack(project.backend, ref);
  try {
    const raw = project.backend.raw(ref);
    const latest = raw.checkpoint.latest ?? {};
    const resources = unprotect(latest.resources ?? [], args.has("all") ? [] : args.positional);
    const checkpoint = { ...raw.checkpoint, latest: { ...latest, resources } };
    writeWhole(project.backend.fileOf(ref), JSON.stringify({ ...raw, checkpoint }, null, 4));
  } finally {
    unlock();
  }
  say(args.has("all") ? "All resources unprotected" : `${args.positional.length} resources unprotected`);
}

export const stateUnprotect: Command = {
  flags: { all: "switch" },
  run: (session) => {
    const { args } = session;
    if (!args.has("yes"))
      throw new EngineError("usage", "--yes must be passed in to proceed: the rehearsal engine does not ask");
    if (!args.has("all") && args.positional.length === 0)
      throw unsupported("choosing a resource of the state from a list");
    edit(session);
  },
};

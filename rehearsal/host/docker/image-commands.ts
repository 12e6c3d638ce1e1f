/** `docker pull` and `docker image …`. */
import type { Image } from "../engine/image.ts";
import { parseReference, type Reference, storedName } from "../pull/reference.ts";
import { PullRefused } from "../pull/registry-session.ts";
import { type Call, type Command, CommandFailure, daemonFailure, unsupported } from "./call.ts";
import { printInspected } from "./container-commands.ts";
import { findImage } from "./find.ts";
import { parseFlags } from "./flags.ts";
import { renderTemplate } from "./template.ts";
import { inspectImage } from "./views.ts";

/** Fetches an image with the caller's credentials. @throws CommandFailure as the daemon would say it */
export async function pullImage(
  call: Call,
  text: string,
): Promise<{ image: Image; digest: string; name: string }> {
  const reference = parseReference(text);
  if (!reference) throw daemonFailure("invalid reference format");
  const { HOME = "/root", DOCKER_CONFIG = `${HOME}/.docker` } = call.environment;
  try {
    const pulled = await call.puller.pull(reference, { credentials: DOCKER_CONFIG, signal: call.signal });
    return { ...pulled, name: storedName(reference) };
  } catch (cause) {
    if (cause instanceof PullRefused) throw daemonFailure(explain(cause.message, reference));
    throw cause;
  }
}

function explain(message: string, reference: Reference): string {
  const unknown = /^(manifest unknown|name unknown|not found)/.exec(message)?.[1];
  if (unknown !== undefined) return `manifest for ${storedName(reference)} not found: ${message}`;
  if (message.startsWith("denied")) {
    return `pull access denied for ${reference.familiar}, repository does not exist or may require 'docker login': ${message}`;
  }
  return message;
}

/** `docker pull` */
export const pull: Command = async (call) => {
  const flags = parseFlags("docker pull", call.argv, { quiet: { short: "q" } });
  const [text, ...more] = flags.operands;
  if (text === undefined || more.length > 0) {
    throw new CommandFailure(1, "\"docker pull\" requires exactly 1 argument.\nSee 'docker pull --help'.");
  }
  const { digest, name } = await pullImage(call, text);
  if (flags.on("quiet")) return call.out(`${name}\n`);
  call.out(`Digest: ${digest}\nStatus: Downloaded image for ${name}\n${name}\n`);
};

const inspect: Command = async (call) => {
  const flags = parseFlags("docker image inspect", call.argv, { format: { takes: "value", short: "f" } });
  const found: unknown[] = [];
  const missing: string[] = [];
  for (const name of flags.required) {
    const image = findImage(call, name);
    if (image) found.push(inspectImage(image));
    else missing.push(name);
  }
  printInspected(call, found, flags.value("format"));
  if (missing.length > 0) {
    throw new CommandFailure(
      1,
      missing.map((name) => `Error response from daemon: No such image: ${name}`).join("\n"),
    );
  }
};

/** `docker image ls`, `docker images` */
export const list: Command = async (call) => {
  const flags = parseFlags("docker image ls", call.argv, {
    quiet: { short: "q" },
    all: { short: "a" },
    digests: {},
    "no-trunc": {},
    format: { takes: "value" },
  });
  const format = flags.value("format");
  const trim = (id: string) =>
    flags.on("no-trunc") ? id : id.slice("sha256:".length, "sha256:".length + 12);
  if (!flags.on("quiet") && format === undefined) call.out("REPOSITORY\tTAG\tDIGEST\tIMAGE ID\tSIZE\n");
  for (const image of call.engine.images.all()) {
    if (flags.on("quiet")) {
      call.out(`${trim(image.id)}\n`);
      continue;
    }
    for (const row of rowsOf(image, trim(image.id))) {
      const template = format ?? "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.Size}}";
      call.out(`${renderTemplate(template === "json" ? "{{json .}}" : template, row)}\n`);
    }
  }
};

function rowsOf(image: Image, id: string): Record<string, string>[] {
  const common = { ID: id, Size: `${image.size}B`, CreatedAt: image.config.created ?? "" };
  const tagged = [...image.tags].map((name) => ({ ...split(name, ":"), Digest: "<none>", ...common }));
  const pinned = [...image.digests].map((name) => {
    const { Repository, Tag: Digest } = split(name, "@");
    return { Repository, Tag: "<none>", Digest, ...common };
  });
  return tagged.length > 0 ? tagged : pinned;
}

function split(name: string, separator: string): { Repository: string; Tag: string } {
  const at = name.lastIndexOf(separator);
  return { Repository: name.slice(0, at), Tag: name.slice(at + 1) };
}

const remove: Command = async (call) => {
  const flags = parseFlags("docker image rm", call.argv, { force: { short: "f" } });
  for (const name of flags.required) {
    const image = findImage(call, name);
    if (!image) throw daemonFailure(`No such image: ${name}`);
    const user = call.engine.containers().find((container) => container.spec.image === image);
    if (user) {
      throw daemonFailure(
        `conflict: unable to remove repository reference "${name}" - container ${user.id.slice(0, 12)} is using its referenced image`,
      );
    }
    call.engine.images.delete(image);
    call.out(`Deleted: ${image.id}\n`);
  }
};

/** `docker image …` */
export const image: Command = async (call) => {
  const [verb = "", ...argv] = call.argv;
  const commands = new Map<string, Command>([
    ["inspect", inspect],
    ["ls", list],
    ["list", list],
    ["pull", pull],
    ["rm", remove],
  ]);
  const command = commands.get(verb);
  if (!command) throw unsupported(`\`docker image ${verb}\``);
  await command({ ...call, argv });
};

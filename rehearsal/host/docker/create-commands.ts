/** `docker create`, `docker run --detach` and `docker cp`: containers that belong to no project. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { imageEnvironment, imageHealth } from "../compose/containers.ts";
import { effectiveHealth } from "../compose/service.ts";
import type { Container } from "../engine/container.ts";
import { mountOf } from "../engine/volumes.ts";
import { type Call, type Command, CommandFailure, daemonFailure, unsupported } from "./call.ts";
import { folderAt } from "./exec.ts";
import { findImage } from "./find.ts";
import { parseFlags } from "./flags.ts";

const pairs = (texts: readonly string[]) =>
  Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );

function make(call: Call, command: string): Container {
  const flags = parseFlags(
    command,
    call.argv,
    {
      detach: { short: "d" },
      label: { takes: "value", short: "l" },
      env: { takes: "value", short: "e" },
      network: { takes: "value" },
      volume: { takes: "value", short: "v" },
      name: { takes: "value" },
    },
    true,
  );
  const [reference = "", ...program] = flags.operands;
  if (program.length > 0) throw unsupported(`\`${command}\` with a program: simulated hosts run none`);
  if (command === "docker run" && !flags.on("detach")) throw unsupported("`docker run` without --detach");
  if (flags.value("network") !== "none") throw unsupported(`\`${command}\` without --network none`);
  const image = findImage(call, reference);
  if (!image) throw daemonFailure(`No such image: ${reference}`, 125);
  const mounts = flags.values("volume").map((text) => {
    const mount = mountOf(text);
    if (!mount) throw unsupported(`the volume ${text}`);
    call.engine.volumes.folder(mount.volume);
    return mount;
  });
  return call.engine.create({
    name: flags.value("name") ?? `throwaway_${randomBytes(4).toString("hex")}`,
    image,
    reference,
    labels: { ...image.config.config.Labels, ...pairs(flags.values("label")) },
    environment: { ...imageEnvironment(image), ...pairs(flags.values("env")) },
    ports: [],
    mounts,
    restart: { name: "no", maximumRetryCount: 0 },
    health: effectiveHealth(undefined, imageHealth(image)),
  });
}

/** `docker create` */
export const create: Command = async (call) => {
  call.out(`${make(call, "docker create").id}\n`);
};

/** `docker run --detach` */
export const run: Command = async (call) => {
  const container = make(call, "docker run");
  await container.start();
  call.out(`${container.id}\n`);
};

/** The container and the path that `NAME:/path` names. */
function parsePlace(call: Call, text: string): { container: Container; path: string } {
  const [, name = "", path = ""] = /^([^:]+):(\/.*)$/.exec(text) ?? [];
  const container = call.engine.find(name);
  if (!container) throw daemonFailure(`No such container: ${name}`);
  return { container, path: posix.normalize(path) };
}

function tar(args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync("tar", args, { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw daemonFailure(`archive/tar: ${stderr.toString().trim()}`);
  return stdout;
}

/** `docker cp NAME:/volume -`, and back: the content of what is mounted there, as an archive. */
export const cp: Command = async (call) => {
  const flags = parseFlags("docker cp", call.argv, {});
  const [from = "", to = ""] = flags.operands;
  if (to === "-") {
    const { container, path } = parsePlace(call, from);
    if (!container.spec.mounts?.some(({ target }) => target === path))
      throw new CommandFailure(
        1,
        `Error response from daemon: Could not find the file ${path} in container ${from}`,
      );
    const folder = folderAt(call.engine, container, path);
    call.outBytes?.(tar(["-C", folder, "--transform", `s,^\\.,${posix.basename(path)},`, "-cf", "-", "."]));
    return;
  }
  if (from !== "-") throw unsupported("`docker cp` but from or to standard input and output");
  const { container, path } = parsePlace(call, to);
  const input = call.input ?? Buffer.alloc(0);
  for (const { target } of container.spec.mounts ?? []) {
    if (posix.dirname(target) !== path) continue;
    const folder = folderAt(call.engine, container, target);
    tar(["-C", folder, "--strip-components=1", "-xf", "-", posix.basename(target)], input);
    return;
  }
  throw unsupported(`\`docker cp - ${to}\` where no volume is mounted below`);
};

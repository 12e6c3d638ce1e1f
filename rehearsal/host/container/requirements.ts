/** What container hosts need of this machine. Nothing is installed here: who lacks something is told what to type. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { DockerApi, engineSocket } from "./docker-api.ts";
import { ContainerFailure } from "./failure.ts";
import { builder, cacheFolder, isCached } from "./root-file-system.ts";

/** Something that is missing. */
export interface Missing {
  /** What was expected, and what was found. */
  what: string;
  /** Command that mends it on Debian; absent where nothing does. */
  command?: string;
}

/** What the engine says of itself, or why it says nothing. */
export type EngineFacts =
  | { problem: string; command: string | undefined }
  | { storageDriver: string; system: string; freeBytes: number | undefined };

/** The machine as far as it matters. */
export interface MachineFacts {
  platform: NodeJS.Platform;
  architecture: string;
  isRoot: boolean;
  /** Programs of {@link neededPrograms} that are on the PATH. */
  programs: readonly string[];
  hasLoopDevices: boolean;
  engine: EngineFacts;
  /** The root file system need not be built. */
  isCached: boolean;
  /** Where it is kept. */
  cacheFreeBytes: number | undefined;
}

/** Programs, and the packages that have them. */
export const neededPrograms: Readonly<Record<string, string>> = {
  fallocate: "util-linux",
  find: "findutils",
  "mkfs.ext4": "e2fsprogs",
  mount: "mount",
  umount: "mount",
};

/** Drivers that give a container a file system without copying 600 MB. `overlayfs` is containerd's. */
const storageDrivers = ["overlay2", "overlayfs", "fuse-overlayfs", "btrfs", "zfs"];

const gigabyte = 1e9;
/** The unpacked root file system, and what hosts write. */
const engineSpace = 3 * gigabyte;
/** While it is built: the packages, the tree and the archive. */
const buildSpace = 2 * gigabyte;

const tooLittle = (free: number | undefined, needed: number) => free !== undefined && free < needed;
const inGigabytes = (bytes: number) => `${(bytes / gigabyte).toFixed(1)} GB`;

function missingEngine(engine: EngineFacts): Missing[] {
  if ("problem" in engine)
    return [{ what: engine.problem, ...(engine.command !== undefined && { command: engine.command }) }];
  return [
    ...(engine.system === "linux"
      ? []
      : [{ what: `the container engine runs ${engine.system} containers; Linux ones are needed` }]),
    ...(storageDrivers.includes(engine.storageDriver)
      ? []
      : [
          {
            what: `the container engine's storage driver is ${engine.storageDriver}; one of ${storageDrivers.join(", ")} is needed`,
            command: "dockerd --storage-driver overlay2 --data-root <a folder on a disk of its own>",
          },
        ]),
    ...(tooLittle(engine.freeBytes, engineSpace)
      ? [
          {
            what: `the container engine has ${inGigabytes(engine.freeBytes ?? 0)} of space; ${inGigabytes(engineSpace)} are needed`,
            command: "docker system prune",
          },
        ]
      : []),
  ];
}

function missingPrograms(facts: MachineFacts): Missing[] {
  const needed = facts.isCached ? neededPrograms : { ...neededPrograms, [builder]: builder };
  const absent = Object.entries(needed).filter(([program]) => !facts.programs.includes(program));
  if (absent.length === 0) return [];
  const packages = [...new Set(absent.map(([, name]) => name))].join(" ");
  return [
    {
      what: `these programs are not on the PATH: ${absent.map(([program]) => program).join(", ")}`,
      command: `apt-get install ${packages}`,
    },
  ];
}

/** All that is missing, in the order in which it is best mended; nothing when hosts can be containers here. */
export function missingFrom(facts: MachineFacts): Missing[] {
  if (facts.platform !== "linux" || facts.architecture !== "x64")
    return [
      { what: `container hosts need Linux on x64; this is ${facts.platform} on ${facts.architecture}` },
    ];
  return [
    ...(facts.isRoot
      ? []
      : [
          {
            what: "container hosts need root: disks are mounted and a root file system is built",
            command: 'sudo env "PATH=$PATH" npm run rehearse -- --hosts containers',
          },
        ]),
    ...missingPrograms(facts),
    ...(facts.hasLoopDevices
      ? []
      : [{ what: "there are no loop devices, which hosts' disks are", command: "modprobe loop" }]),
    ...(!facts.isCached && tooLittle(facts.cacheFreeBytes, buildSpace)
      ? [
          {
            what: `there are ${inGigabytes(facts.cacheFreeBytes ?? 0)} of space for the root file system; building it needs ${inGigabytes(buildSpace)}`,
            command: "XDG_CACHE_HOME=<a folder with more space> npm run rehearse -- --hosts containers",
          },
        ]
      : []),
    ...missingEngine(facts.engine),
  ];
}

const information = z.object({
  Driver: z.string(),
  OSType: z.string(),
  DockerRootDir: z.string(),
});

/** Free bytes of the file system that a folder is, or will be, on. */
async function freeBytes(folder: string): Promise<number | undefined> {
  if (!existsSync(folder)) return dirname(folder) === folder ? undefined : freeBytes(dirname(folder));
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function engineFacts(environment: Readonly<Record<string, string | undefined>>): Promise<EngineFacts> {
  try {
    const api = await DockerApi.connect(engineSocket(environment));
    const said = await api.read(information, { method: "GET", path: "/info" });
    return {
      storageDriver: said.Driver,
      system: said.OSType,
      freeBytes: await freeBytes(said.DockerRootDir),
    };
  } catch (thrown) {
    if (!(thrown instanceof ContainerFailure)) throw thrown;
    return { problem: thrown.message.split("\n", 1)[0] ?? "", command: thrown.hint };
  }
}

/** Looks at this machine. */
export async function lookAround(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MachineFacts> {
  const folders = (environment["PATH"] ?? "").split(delimiter);
  const cache = cacheFolder(environment);
  return {
    platform: process.platform,
    architecture: process.arch,
    isRoot: process.getuid?.() === 0,
    programs: [...Object.keys(neededPrograms), builder].filter((program) =>
      folders.some((folder) => existsSync(join(folder, program))),
    ),
    hasLoopDevices: existsSync("/dev/loop-control"),
    engine: await engineFacts(environment),
    isCached: isCached(cache),
    cacheFreeBytes: await freeBytes(cache),
  };
}

/** What container hosts lack on this machine. */
export async function missingRequirements(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Missing[]> {
  return missingFrom(await lookAround(environment));
}

/** For people: everything at once, each with its command. */
export function describeMissing(missing: readonly Missing[]): string {
  return missing
    .map(({ what, command }) => `- ${what}${command === undefined ? "" : `\n    ${command}`}`)
    .join("\n");
}

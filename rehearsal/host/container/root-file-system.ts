/** Builds the root file system of hosts once, and keeps it outside the repository. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { z } from "zod";
import { tarOf } from "../../images/layer.ts";
import { ContainerFailure } from "./failure.ts";
import { excluded, files, finishing, mirrors, packages, recipeId, suite } from "./recipe.ts";

/** Needed only while there is none in the cache. */
export const builder = "mmdebstrap";

const archiveName = "root.tar.zst";
const busyboxName = "busybox";
const indexName = "index.json";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const indexSchema = z.object({ archive: digest, busybox: digest });

/** A root file system that lies in the cache. */
export interface RootFileSystem {
  /** Hash of its archive, hexadecimal. */
  archive: string;
  folder: string;
}

/** `$XDG_CACHE_HOME/liftlock/rehearsal`, by default below `~/.cache`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "liftlock", "rehearsal");
}

const folderIn = (cache: string) => join(cache, `root-${recipeId}`);

/** Whether it has been built on this machine. */
export const isCached = (cache: string): boolean => existsSync(join(folderIn(cache), indexName));

/**
 * The cached root file system, built first when there is none of this recipe: 45 s, and 500 MB from Debian's mirror.
 * @throws ContainerFailure `RootFileSystemUnbuildable` or `RootFileSystemCorrupted`
 */
export async function rootFileSystem(cache: string): Promise<RootFileSystem> {
  const folder = folderIn(cache);
  if (!isCached(cache)) await build(cache, folder);
  const { archive } = await readIndex(folder);
  return { archive, folder };
}

/** The archive, uncompressed. @throws ContainerFailure `RootFileSystemCorrupted` */
export async function openArchive({ folder, archive }: RootFileSystem): Promise<Readable> {
  const path = join(folder, archiveName);
  if ((await hashOf(createReadStream(path))) !== archive) throw corrupted(folder, archiveName);
  const opened = new PassThrough();
  pipeline(createReadStream(path), createZstdDecompress(), opened).catch((cause: unknown) =>
    opened.destroy(cause instanceof Error ? cause : new Error(String(cause))),
  );
  return opened;
}

/** The static busybox that comes with it: the example images' only program. @throws ContainerFailure `RootFileSystemCorrupted` */
export async function readBusybox(folder: string): Promise<Buffer> {
  const bytes = await readFile(join(folder, busyboxName));
  const { busybox } = await readIndex(folder);
  if (createHash("sha256").update(bytes).digest("hex") !== busybox) throw corrupted(folder, busyboxName);
  return bytes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readIndex(folder: string): Promise<z.output<typeof indexSchema>> {
  const text = await readFile(join(folder, indexName), "utf8").catch(() => "");
  const parsed = indexSchema.safeParse(parseJson(text));
  if (!parsed.success) throw corrupted(folder, indexName);
  return parsed.data;
}

const corrupted = (folder: string, name: string) =>
  new ContainerFailure(
    "RootFileSystemCorrupted",
    `${join(folder, name)} is not what was put there when it was built`,
    { hint: `rm -r ${folder}` },
  );

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Builds beside the place, and takes it when all is there: one that was interrupted, or a second one at the same time, does no harm. */
async function build(cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, "draft-"));
  try {
    const overlay = join(draft, "overlay.tar");
    await writeFile(overlay, await tarOf(files));
    await bootstrap(draft, overlay);
    await rm(overlay);
    const index = {
      archive: await hashOf(createReadStream(join(draft, archiveName))),
      busybox: await hashOf(createReadStream(join(draft, busyboxName))),
    };
    await writeFile(join(draft, indexName), JSON.stringify(index));
    await rename(draft, folder).catch((cause: unknown) => {
      if (!isCached(cache)) throw cause;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** https://manpages.debian.org/trixie/mmdebstrap/mmdebstrap.1 */
async function bootstrap(draft: string, overlay: string): Promise<void> {
  const argv = [
    "--quiet",
    "--variant=minbase",
    "--format=tar",
    `--include=${packages.join(",")}`,
    ...excluded.map((path) => `--dpkgopt=path-exclude=${path}`),
    `--customize-hook=tar-in ${overlay} /`,
    ...finishing.map((command) => `--customize-hook=${command}`),
    `--customize-hook=copy-out /usr/bin/busybox ${draft}`,
    suite,
    "-",
    ...mirrors,
  ];
  const child = spawn(builder, argv, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  try {
    const [code] = await Promise.all([
      ended,
      pipeline(child.stdout, createZstdCompress(), createWriteStream(join(draft, archiveName))),
    ]);
    if (code === 0) return;
    throw new ContainerFailure("RootFileSystemUnbuildable", `${builder} ended with ${code}: ${said.trim()}`);
  } catch (cause) {
    if (cause instanceof ContainerFailure) throw cause;
    throw new ContainerFailure("RootFileSystemUnbuildable", `${builder} cannot be run: ${String(cause)}`, {
      hint: `apt-get install ${builder}`,
      cause,
    });
  }
}

/** A host's disk: a file with an ext4 file system, so that it has an end, as a droplet's has. */
import { mkdir, open, readdir, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { ContainerFailure } from "./failure.ts";
import { run } from "./program.ts";

/** Bytes; only what is written takes space on this machine. */
const diskSize = 4 * 1024 ** 3;

export class HostDisk {
  /** Holds the file, the place where it is mounted and the host's log. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  private get file(): string {
    return join(this.folder, "disk.img");
  }

  private get mounted(): string {
    return join(this.folder, "disk");
  }

  /** Written by the host, read from outside. */
  get log(): string {
    return join(this.folder, "log");
  }

  /** What the host has on it, and where: `from:to`. Everything else of the host is on this machine's disk. */
  get binds(): string[] {
    return [`${join(this.mounted, "docker")}:/var/lib/docker`, `${join(this.mounted, "home")}:/home`];
  }

  /** @throws ContainerFailure `DiskUnavailable` */
  async create(): Promise<void> {
    try {
      await Promise.all([mkdir(this.mounted, { recursive: true }), mkdir(this.log, { recursive: true })]);
      const file = await open(this.file, "w");
      await file.truncate(diskSize);
      await file.close();
      // Nothing is kept back for root, and nothing is written ahead of use.
      await run(
        "mkfs.ext4",
        "-q",
        "-m",
        "0",
        "-O",
        "^has_journal",
        "-E",
        "lazy_itable_init=1,nodiscard",
        this.file,
      );
      await run("mount", "-o", "loop", this.file, this.mounted);
      await Promise.all(["docker", "home"].map((name) => mkdir(join(this.mounted, name))));
    } catch (cause) {
      throw new ContainerFailure(
        "DiskUnavailable",
        `no disk can be made in ${this.folder}: ${String(cause)}`,
        {
          hint: "Hosts need loop devices (modprobe loop) and e2fsprogs.",
          cause,
        },
      );
    }
  }

  /** Takes all space that is left: whoever writes on it from now on is told that there is none. */
  async fill(): Promise<void> {
    for (let part = 0, size = await this.free(); size >= 4096; part++) {
      const taken = await run(
        "fallocate",
        "--length",
        String(size),
        join(this.mounted, `.taken-${part}`),
      ).then(
        () => true,
        () => false,
      );
      // Keeping books of what is taken takes some, too.
      size = taken ? await this.free() : Math.floor(size / 2);
    }
  }

  /** Gives back what `fill` took. */
  async empty(): Promise<void> {
    await run("find", this.mounted, "-maxdepth", "1", "-name", ".taken-*", "-delete");
  }

  private async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.mounted);
    return bavail * bsize;
  }

  async erase(): Promise<void> {
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Places where something is mounted below a folder, in the order in which it was. */
async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile("/proc/self/mounts", "utf8");
  // proc_mounts(5): blanks and backslashes are octal.
  const character = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 8));
  return table
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll(/\\(\d{3})/g, character))
    .filter((place) => place.startsWith(`${folder}/`));
}

/** Unmounts everything that is mounted below a folder. */
async function unmountBelow(folder: string): Promise<void> {
  for (const place of (await mountsBelow(folder)).toReversed()) {
    await run("umount", place).catch(async (cause: unknown) => {
      // Somebody else may be tidying up as well.
      if ((await mountsBelow(folder)).includes(place)) throw cause;
    });
  }
}

/** Removes the disks of all hosts that have theirs in a folder. Anything else in it stays. */
export async function removeDisks(folder: string): Promise<void> {
  await unmountBelow(folder);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const disk = new HostDisk(join(folder, name));
    if (/^\d+-/.test(name)) await disk.erase();
  }
}

/** The folder that is a host's disk. */
import { appendFile, chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { CloudFile } from "./cloud-config.ts";

export class Disk {
  /** Programs that stand before the machine's own on the PATH. */
  readonly bin: string;
  /** Temporary files of its scripts. */
  readonly tmp: string;
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.bin = join(root, "bin");
    this.tmp = join(root, "tmp");
  }

  /** Path on this machine of a path on the host. Scripts know their home by its path here, which stays as it is. */
  locate(path: string): string {
    return path.startsWith(`${this.root}/`) ? path : join(this.root, posix.normalize(posix.join("/", path)));
  }

  /** A user's home on this machine. */
  home(user: string): string {
    return user === "root" ? join(this.root, "root") : join(this.root, "home", user);
  }

  async create(users: readonly string[]): Promise<void> {
    await mkdir(this.bin, { recursive: true });
    for (const user of users) await mkdir(this.home(user), { recursive: true, mode: 0o700 });
  }

  /** As at every boot. */
  async emptyTmp(): Promise<void> {
    await rm(this.tmp, { recursive: true, force: true });
    await mkdir(this.tmp, { recursive: true });
  }

  async installProgram(name: string, script: string): Promise<void> {
    const path = join(this.bin, name);
    await writeFile(path, script, { mode: 0o700 });
    await chmod(path, 0o700);
  }

  /** Writes a file if its path on the host lies in the home of one of these users; says whether it did. */
  async write(file: CloudFile, users: readonly string[]): Promise<boolean> {
    const path = posix.normalize(file.path);
    const owner = users.find((user) => path.startsWith(user === "root" ? "/root/" : `/home/${user}/`));
    if (owner === undefined) return false;
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true });
    if (file.append) await appendFile(target, file.content, { mode: file.mode });
    else await writeFile(target, file.content, { mode: file.mode });
    await chmod(target, file.mode);
    return true;
  }

  async erase(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The program `cloud-init`, which only ever has one thing to say. */
export function cloudInitScript(status: "done" | "error"): string {
  return `#!/bin/sh
case "\${1:-}" in
  status) echo 'status: ${status}'; exit ${status === "done" ? 0 : 1} ;;
  *) echo "the simulated host's cloud-init does not support: $*" >&2; exit 2 ;;
esac
`;
}

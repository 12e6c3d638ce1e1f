/** The volumes of one engine: names, and a folder of this machine for each whose content somebody asks for. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a container has at a path instead of what its image has there. */
export interface Mount {
  /** Name of the volume. */
  volume: string;
  /** Path in the container. */
  target: string;
}

export class Volumes extends Set<string> {
  private directory: string | undefined;

  /** @param directory where their content lies; default a temporary one, made when it is needed */
  constructor(directory?: string) {
    super();
    this.directory = directory;
  }

  /** The folder with a volume's content, made with the volume when there is none yet. */
  folder(name: string): string {
    this.add(name);
    this.directory ??= mkdtempSync(join(tmpdir(), "liftlock-volumes-"));
    const folder = join(this.directory, name, "_data");
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Forgets a volume with its content. */
  override delete(name: string): boolean {
    if (this.directory !== undefined) rmSync(join(this.directory, name), { recursive: true, force: true });
    return super.delete(name);
  }
}

/** `name:/path` and `name:/path:ro` of a command line or a compose file; nothing for a folder of the host, or a volume without a name. */
export function mountOf(text: string): Mount | undefined {
  const [, volume, target] = /^([A-Za-z0-9][A-Za-z0-9_.-]*):(\/[^:]*)(?::(?:ro|rw))?$/.exec(text) ?? [];
  return volume === undefined || target === undefined ? undefined : { volume, target };
}

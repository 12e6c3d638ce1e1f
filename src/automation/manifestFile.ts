import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { StoredContent } from "../plan/retention/stored.ts";
import { sha256 } from "../registry/manifest.ts";
import { storedContent } from "../registry/storedContent.ts";
import type { ManifestMemory } from "./storedImages.ts";

/**
 * Manifests that earlier clean-ups read, a line each: digest and bytes in base64. A line whose bytes are not of its digest counts for
 * nothing, so the file needs no trust, and may be deleted at any time.
 */
export class ManifestFile implements ManifestMemory {
  private readonly path: string;
  private readonly known = new Map<string, StoredContent>();
  private readonly fresh: string[] = [];
  /** Lines that the file has. */
  private lines = 0;

  constructor(path: string) {
    this.path = path;
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, "latin1").split("\n")) {
      const [digest = "", text = ""] = line.split(" ");
      const bytes = Buffer.from(text, "base64");
      this.lines += 1;
      if (digest === sha256(bytes)) this.known.set(digest, storedContent({ digest, bytes }));
    }
  }

  get(digest: string): StoredContent | undefined {
    return this.known.get(digest);
  }

  add(digest: string, bytes: Buffer): StoredContent {
    const content = storedContent({ digest, bytes });
    this.known.set(digest, content);
    this.fresh.push(`${digest} ${bytes.toString("base64")}\n`);
    if (this.fresh.length >= 500) this.append();
    return content;
  }

  /** Writes what was read since; where most of what the file has is not stored any more, it keeps only what is. */
  save(stored: ReadonlySet<string>): void {
    this.append();
    if (this.lines <= 2 * stored.size) return;
    const kept = readFileSync(this.path, "latin1")
      .split("\n")
      .filter((line) => stored.has(line.slice(0, line.indexOf(" "))));
    writeFileSync(`${this.path}.next`, kept.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    renameSync(`${this.path}.next`, this.path);
    this.lines = kept.length;
  }

  private append(): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    appendFileSync(this.path, this.fresh.join(""), { mode: 0o600 });
    this.lines += this.fresh.length;
    this.fresh.length = 0;
  }
}

/** Reads archives with tar-stream's reader: another code path than the one that wrote them. */
import { gunzipSync } from "node:zlib";
import { extract, type Header } from "tar-stream";
import type { OciImage } from "../../../rehearsal/images/image.ts";

export interface Entry {
  header: Header;
  content: string;
}

export async function entriesOf(archive: Uint8Array): Promise<Entry[]> {
  const reader = extract();
  reader.end(archive);
  const entries: Entry[] = [];
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ header: entry.header, content: Buffer.concat(chunks).toString() });
  }
  return entries;
}

/** The files of an image by path, later layers over earlier ones. */
export async function filesOf(image: OciImage): Promise<Map<string, Entry>> {
  const files = new Map<string, Entry>();
  for (const layer of image.layers) {
    for (const entry of await entriesOf(gunzipSync(layer.bytes))) {
      if (entry.header.type === "file") files.set(entry.header.name, entry);
    }
  }
  return files;
}

/** Verified content, kept once for all hosts of a process. */
import { type Layer, unpackLayer } from "../engine/layer.ts";

/** Unpacked layers by the digest of their blob. Only what was verified comes in; a host still downloads each itself. */
export class LayerCache {
  private readonly layers = new Map<string, Promise<Layer>>();

  get(digest: string): Promise<Layer> | undefined {
    return this.layers.get(digest);
  }

  /** Unpacks a verified blob, once. */
  unpack(digest: string, blob: Buffer): Promise<Layer> {
    const known = this.layers.get(digest);
    if (known) return known;
    const layer = unpackLayer(blob);
    this.layers.set(digest, layer);
    layer.catch(() => this.layers.delete(digest));
    return layer;
  }
}

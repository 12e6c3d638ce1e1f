/** The layer under every example image. */
import { readFileSync } from "node:fs";
import { type Layer, type LayerFile, layerOf } from "./layer.ts";

const osRelease = `NAME="Liftlock rehearsal"
ID=liftlock-rehearsal
VERSION_ID=1
PRETTY_NAME="Liftlock rehearsal image 1"
`;

const made = new Map<Uint8Array | undefined, Promise<Layer>>();

/**
 * `/etc/os-release` and `/app/serve`, and `/bin/busybox` when its bytes are given. Made once for each busybox, so that
 * all images of a release share it and a registry keeps it once.
 */
export function baseLayer(busybox?: Uint8Array): Promise<Layer> {
  const known = made.get(busybox);
  if (known) return known;
  const files: LayerFile[] = [
    { path: "app/serve", content: readFileSync(new URL("serve.sh", import.meta.url)), mode: 0o755 },
    { path: "etc/os-release", content: osRelease },
  ];
  if (busybox) files.push({ path: "bin/busybox", content: busybox, mode: 0o755 });
  const layer = layerOf(files);
  made.set(busybox, layer);
  return layer;
}

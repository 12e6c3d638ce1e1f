/** What is put on a host before it first starts: what cloud-init reads, and whom the container engine trusts. */
import { type LayerFile, tarOf } from "../../images/layer.ts";
import type { DropletSpec } from "../platform.ts";

/** NoCloud's folder. https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html */
const seedFolder = "var/lib/cloud/seed/nocloud";

/** Certificates of authorities (PEM), by the registry (`host:port`) for which they count. */
export type TrustedRegistries = ReadonlyMap<string, string>;

/** The files, by path from the root. */
export function seedFiles(droplet: DropletSpec, registries: TrustedRegistries): LayerFile[] {
  const metadata = {
    "instance-id": String(droplet.id),
    "local-hostname": droplet.name,
    "public-keys": droplet.sshKeys,
  };
  return [
    // JSON is YAML.
    { path: `${seedFolder}/meta-data`, content: `${JSON.stringify(metadata)}\n` },
    // User data may hold keys. An empty one would be taken for a missing file.
    { path: `${seedFolder}/user-data`, content: droplet.userData || "#cloud-config\n{}\n", mode: 0o600 },
    ...[...registries].map(([registry, certificate]) => ({
      path: `etc/docker/certs.d/${registry}/ca.crt`,
      content: certificate,
    })),
  ];
}

/** The files as the engine takes them. */
export const seedArchive = (droplet: DropletSpec, registries: TrustedRegistries): Promise<Buffer> =>
  tarOf(seedFiles(droplet, registries));

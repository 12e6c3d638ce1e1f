/** Droplets as the API shows them. */
import { images, imageView, regionView, sizeView } from "./catalogue.ts";
import type { Droplet } from "./model.ts";

/** Addresses appear when the droplet has booted. Both IPv4 networks carry the one address the platform serves. */
function networksOf(droplet: Droplet) {
  if (droplet.status === "new") return { v4: [], v6: [] };
  const v4 = (["private", "public"] as const).map((type) => ({
    ip_address: droplet.address,
    netmask: "255.255.240.0",
    gateway: droplet.address,
    type,
  }));
  const v6 = {
    ip_address: `2001:db8::${droplet.id.toString(16)}`,
    netmask: 64,
    gateway: "2001:db8::1",
    type: "public",
  };
  return { v4, v6: droplet.features.has("ipv6") ? [v6] : [] };
}

/** The droplet in the API's shape. `features` echoes what was asked for: without it the provider sees a difference for ever. */
export function dropletView(droplet: Droplet) {
  const { id, name, status, locked, createdAt, region, size, disk, features, tags, volumes, vpc } = droplet;
  const image = images.get(droplet.image);
  return {
    id,
    name,
    memory: size.memory,
    vcpus: size.vcpus,
    disk,
    locked,
    status,
    kernel: null,
    created_at: createdAt,
    features: [...features],
    backup_ids: [],
    snapshot_ids: [],
    next_backup_window: null,
    image: image ? imageView(image) : null,
    volume_ids: [...volumes],
    size: sizeView(size),
    size_slug: size.slug,
    networks: networksOf(droplet),
    region: regionView(region),
    tags: [...tags],
    vpc_uuid: vpc,
  };
}

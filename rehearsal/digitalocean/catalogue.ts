/**
 * Regions, sizes and images that the rehearsal knows. Prices in US dollars, about those of DigitalOcean's list in 2025; they
 * were not held against the live list, and a rehearsal is no price list: they are here because the provider reads
 * them. An hour costs a 672th of a month, since billing ends at 672 hours a month (DigitalOcean's pricing page).
 */
import type { Router } from "../http/router.ts";
import { page } from "./api.ts";

export interface Size {
  slug: string;
  /** MiB. */
  memory: number;
  vcpus: number;
  /** GiB. */
  disk: number;
  /** TiB a month. */
  transfer: number;
  price_monthly: number;
  price_hourly: number;
  description: string;
}

type Row = [slug: string, memory: number, vcpus: number, disk: number, transfer: number, monthly: number];

const basic: Row[] = [
  ["s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4],
  ["s-1vcpu-1gb", 1024, 1, 25, 1, 6],
  ["s-1vcpu-1gb-amd", 1024, 1, 25, 1, 7],
  ["s-1vcpu-1gb-intel", 1024, 1, 25, 1, 7],
  ["s-1vcpu-2gb", 2048, 1, 50, 2, 12],
  ["s-2vcpu-2gb", 2048, 2, 60, 3, 18],
  ["s-2vcpu-4gb", 4096, 2, 80, 4, 24],
  ["s-4vcpu-8gb", 8192, 4, 160, 5, 48],
  ["s-8vcpu-16gb", 16_384, 8, 320, 6, 96],
];
const general: Row[] = [
  ["g-2vcpu-8gb", 8192, 2, 25, 4, 63],
  ["g-4vcpu-16gb", 16_384, 4, 50, 5, 126],
];
const compute: Row[] = [
  ["c-2", 4096, 2, 25, 4, 42],
  ["c-4", 8192, 4, 50, 5, 84],
];

const sized =
  (description: string) =>
  ([slug, memory, vcpus, disk, transfer, price_monthly]: Row): [string, Size] => {
    const price_hourly = Math.round((price_monthly / 672) * 100_000) / 100_000;
    return [slug, { slug, memory, vcpus, disk, transfer, price_monthly, price_hourly, description }];
  };

export const sizes: ReadonlyMap<string, Size> = new Map([
  ...basic.map(sized("Basic")),
  ...general.map(sized("General Purpose")),
  ...compute.map(sized("CPU-Optimized")),
]);

export const regions: ReadonlyMap<string, string> = new Map([
  ["ams3", "Amsterdam 3"],
  ["blr1", "Bangalore 1"],
  ["fra1", "Frankfurt 1"],
  ["lon1", "London 1"],
  ["nyc1", "New York 1"],
  ["nyc2", "New York 2"],
  ["nyc3", "New York 3"],
  ["sfo2", "San Francisco 2"],
  ["sfo3", "San Francisco 3"],
  ["sgp1", "Singapore 1"],
  ["syd1", "Sydney 1"],
  ["tor1", "Toronto 1"],
]);

export interface Image {
  id: number;
  slug: string;
  distribution: string;
  name: string;
}

/** Distribution and marketplace images by slug. Which one is asked for changes nothing: hosts are what the platform boots. */
export const images: ReadonlyMap<string, Image> = new Map(
  (
    [
      ["ubuntu-22-04-x64", "Ubuntu", "22.04 (LTS) x64"],
      ["ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64"],
      ["debian-12-x64", "Debian", "12 x64"],
      ["debian-13-x64", "Debian", "13 x64"],
      ["docker-20-04", "Ubuntu", "Docker on Ubuntu 22.04"],
    ] as const
  ).map(([slug, distribution, name], index) => [slug, { id: 180_000_000 + index, slug, distribution, name }]),
);

/** A region as the API shows it. */
export function regionView(slug: string) {
  return {
    slug,
    name: regions.get(slug) ?? slug,
    available: true,
    features: ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"],
    sizes: [...sizes.keys()],
  };
}

/** A size as the API shows it. */
export function sizeView(size: Size) {
  return { ...size, available: true, regions: [...regions.keys()] };
}

/** An image as the API shows it. */
export function imageView(image: Image) {
  return {
    ...image,
    public: true,
    regions: [...regions.keys()],
    min_disk_size: 7,
    size_gigabytes: 1,
    type: "base",
    status: "available",
    created_at: "2025-01-01T00:00:00Z",
    tags: [],
  };
}

/** Adds the lists of regions, sizes and images. */
export function addCatalogue(router: Router): void {
  router
    .on("GET", "/v2/regions", (request) => page(request, "regions", [...regions.keys()].map(regionView)))
    .on("GET", "/v2/sizes", (request) => page(request, "sizes", [...sizes.values()].map(sizeView)))
    .on("GET", "/v2/images", (request) => page(request, "images", [...images.values()].map(imageView)));
}

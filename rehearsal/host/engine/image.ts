/** Images as a host keeps them. */
import { z } from "zod";
import type { Files } from "./layer.ts";

const healthcheckSchema = z.looseObject({
  Test: z.array(z.string()).optional(),
  /** Nanoseconds, like the others. */
  Interval: z.number().optional(),
  Timeout: z.number().optional(),
  StartPeriod: z.number().optional(),
  StartInterval: z.number().optional(),
  Retries: z.number().optional(),
});

/** The parts of an image's configuration that a host looks at. https://github.com/opencontainers/image-spec/blob/main/config.md */
export const imageConfigSchema = z.looseObject({
  architecture: z.string().default("amd64"),
  os: z.string().default("linux"),
  created: z.string().optional(),
  config: z
    .looseObject({
      Env: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      WorkingDir: z.string().optional(),
      User: z.string().optional(),
      Healthcheck: healthcheckSchema.nullish(),
    })
    .default({}),
  rootfs: z.looseObject({ type: z.string(), diff_ids: z.array(z.string()) }),
});

export type ImageConfig = z.output<typeof imageConfigSchema>;

export interface Image {
  /** Digest of the configuration: what a container's `Image` says. */
  readonly id: string;
  readonly config: ImageConfig;
  readonly files: Files;
  /** Compressed bytes of all layers. */
  readonly size: number;
  /** `name:tag` */
  readonly tags: Set<string>;
  /** `name@sha256:…` */
  readonly digests: Set<string>;
}

/** Every image that one host has. */
export class ImageStore {
  private readonly byId = new Map<string, Image>();

  /** Adds an image, or another name of one that is there. A tag moves to the image it was last pulled for. */
  add(image: Omit<Image, "tags" | "digests">, name: { tag?: string; digest: string }): Image {
    const stored = this.byId.get(image.id) ?? { ...image, tags: new Set(), digests: new Set() };
    this.byId.set(stored.id, stored);
    stored.digests.add(name.digest);
    if (name.tag !== undefined) {
      for (const other of this.byId.values()) other.tags.delete(name.tag);
      stored.tags.add(name.tag);
    }
    return stored;
  }

  /** By canonical `name:tag`, `name@digest`, or (the beginning of) an image id. */
  find(reference: string): Image | undefined {
    for (const image of this.byId.values()) {
      if (image.tags.has(reference) || image.digests.has(reference)) return image;
    }
    return this.findById(reference);
  }

  /** By its whole id. */
  withId(id: string): Image | undefined {
    return this.byId.get(id);
  }

  private findById(reference: string): Image | undefined {
    const prefix = reference.startsWith("sha256:") ? reference : `sha256:${reference}`;
    if (!/^sha256:[0-9a-f]{6,64}$/.test(prefix)) return undefined;
    return [...this.byId.values()].find((image) => image.id.startsWith(prefix));
  }

  all(): Image[] {
    return [...this.byId.values()];
  }

  delete(image: Image): void {
    this.byId.delete(image.id);
  }
}

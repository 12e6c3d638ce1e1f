/** What production's tags point to, read from the registry past everything the product says. */
import { z } from "zod";
import { digestOf } from "../images/digest.ts";
import { manifestMediaType } from "../images/image.ts";
import { RegistryClient } from "../images/push-client.ts";
import type { RunningWorld } from "./worldProcess.ts";

/** One tag over all images of a release. */
export interface TagTestimony {
  tag: string;
  /** Version that all the tagged images are labelled with; several, where they differ, or `nothing`. */
  version: string;
  /** In every repository it points to the pinned digest. */
  pinned: boolean;
}

const manifestSchema = z.object({ annotations: z.record(z.string(), z.string()).default({}) });

/** The digest that a tag has in a repository, and the version that the image there is labelled with. */
async function pointedTo(
  client: RegistryClient,
  repository: string,
  tag: string,
): Promise<{ digest: string; version: string }> {
  const path = `/v2/${repository}/manifests/${tag}`;
  const accept = manifestMediaType;
  const found = await client.ask("GET", path, [200, 404], { accept });
  if (found.status === 404) return { digest: "", version: "nothing" };
  const { annotations } = manifestSchema.parse(JSON.parse(found.text));
  const version = annotations["org.opencontainers.image.version"] ?? "no version";
  return { digest: digestOf(Buffer.from(found.text)), version };
}

/** Looks a tag up in the repository of every image. @param images pinned references, by service */
export async function testifyTag(
  { registry }: Pick<RunningWorld, "registry">,
  tag: string,
  images: Readonly<Record<string, string>>,
): Promise<TagTestimony> {
  const found = await Promise.all(
    Object.values(images).map(async (reference) => {
      const [name = "", digest = ""] = reference.split("@");
      const client = new RegistryClient(registry.url, registry);
      const pointed = await pointedTo(client, name.slice(name.indexOf("/") + 1), tag);
      return { version: pointed.version, pinned: pointed.digest === digest };
    }),
  );
  const version = [...new Set(found.map((one) => one.version))].join(" and ");
  return { tag, version, pinned: found.length > 0 && found.every((one) => one.pinned) };
}

import type { StackConfig } from "../../stacks/config.ts";
import { RepositoryArtifacts } from "../registry/artifacts.ts";
import { copyRelease } from "../registry/copy.ts";
import type { Credentials } from "../registry/credentials.ts";
import { verifyImages } from "../registry/images.ts";
import { mappingOf, mapRelease, type RepositoryMapping, unmoved } from "../registry/mapping.ts";
import { Registries } from "../registry/registries.ts";
import { applyTags } from "../registry/tags.ts";
import { Failure } from "../release/failure.ts";
import { parseReference } from "../release/reference.ts";
import { type Release, referencesOf, sameImages } from "../release/release.ts";
import { loadAnchors } from "../trust/anchors.ts";
import { describeTrust } from "../trust/describe.ts";
import { verifyRelease } from "../trust/verifyRelease.ts";
import { verifySigned } from "../trust/verifySigned.ts";
import type { DriverContext } from "./context.ts";
import type { CopySummary, Images } from "./ports.ts";

/** Where a release's images go in an environment. @throws Failure `ConfigInvalid` */
export const mappingInto = ({ registry }: Pick<StackConfig, "registry">): RepositoryMapping =>
  registry ? mappingOf(registry.repositories) : unmoved;

/** The images of an environment, in the registries that hold them. What one step has read, the next does not read again. */
export class PromotedImages implements Images {
  private readonly config: Pick<StackConfig, "registry" | "trust">;
  private readonly registries: Registries;
  private readonly context: Pick<DriverContext, "workDirectory" | "now">;

  constructor(
    config: Pick<StackConfig, "registry" | "trust">,
    credentials: Credentials | undefined,
    context: Pick<DriverContext, "workDirectory" | "now">,
  ) {
    this.config = config;
    this.registries = new Registries({ credentials: credentials ? [credentials] : [] });
    this.context = context;
  }

  async verify(release: Release): Promise<string> {
    const { trust } = this.config;
    const references = Object.entries(referencesOf(release)).map(
      ([service, { registry, repository }]) =>
        [service, new RepositoryArtifacts(this.registries.repository(registry, repository))] as const,
    );
    const sources = new Map(references);
    const sourceOf = (service: string) => sources.get(service) as RepositoryArtifacts;
    const policy = trust && { policy: trust, anchors: loadAnchors(trust, this.context.workDirectory) };
    // Whole first: a signature of what is not there proves nothing.
    const sizes = await verifyImages(release, this.registries);
    const assessed = await verifyRelease(release, sourceOf, policy, this.context.now());
    const count = Object.keys(sizes).length;
    return `${count} of ${count} whole, ${describeTrust(assessed)}`;
  }

  get admits(): boolean {
    return this.config.trust?.signatures?.required ?? false;
  }

  async admit(reference: string): Promise<void> {
    const { trust } = this.config;
    const image = parseReference(reference);
    if ("problem" in image)
      throw new Failure({
        code: "InvalidSignature",
        message: `${reference}: ${image.problem}`,
        hint: "Promote a release: what it pins has a registry, and a digest.",
      });
    if (!trust) return;
    const source = new RepositoryArtifacts(this.registries.repository(image.registry, image.repository));
    await verifySigned(image, source, loadAnchors(trust, this.context.workDirectory));
  }

  async copy(release: Release, previous: Release | undefined): Promise<CopySummary> {
    const { registries } = this;
    const { images } = await copyRelease(release, mappingInto(this.config), { registries, previous });
    const copied = Object.values(images);
    const bytes = copied.reduce((sum, { streamedBytes }) => sum + streamedBytes, 0);
    return { images: copied.length, bytes };
  }

  async tag(release: Release, tags: readonly string[]): Promise<boolean> {
    // Deployed from where it was built, never promoted: those repositories' tags are not ours.
    if (!sameImages(mapRelease(release, mappingInto(this.config)), release)) return false;
    await applyTags(release, tags, { registries: this.registries });
    return true;
  }
}

import type { Package, Packages, PackageVersion } from "../github/packages.ts";
import { rollbackWindow } from "../plan/retention/protection.ts";
import type { Origin, StoredContent, StoredVersion } from "../plan/retention/stored.ts";
import { inParallel } from "../registry/parallel.ts";
import type { Registries } from "../registry/registries.ts";
import type { Repository } from "../registry/repository.ts";
import { readStored } from "../registry/storedContent.ts";
import { type Digest, isDigest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { referencesOf } from "../release/release.ts";
import type { EnvironmentNeeds } from "./neededImages.ts";

/** A stored version, and GitHub's number for it. */
export interface ListedVersion extends StoredVersion {
  package: Package;
  id: number;
}

/** Remembers manifests: what a digest names never changes. */
export interface ManifestMemory {
  /** What it holds, if it is known. */
  get(digest: string): StoredContent | undefined;
  /** Remembers one by its bytes. */
  add(digest: string, bytes: Buffer): StoredContent;
}

/** Manifests that are read at once. More are not faster where the registry is near, and keep more in memory (`npm run bench:cleanup`). */
const parallel = 4;

/** How a repository's versions count. */
interface Rule {
  repository: string;
  origin: (digest: string) => Origin;
  age: (origin: Origin) => number;
  /** Digests that environments need of it. */
  needed: ReadonlySet<string>;
}

const day = 86_400_000;

/** Images of `uat` and `production` are what people went live with, or were about to. */
const isLate = ({ images }: EnvironmentNeeds) => ["uat", "production"].includes(images.environment);

const digestsIn = (needs: readonly EnvironmentNeeds[], repository: string): Set<string> =>
  new Set(
    needs.flatMap(({ known }) =>
      known.flatMap((release) =>
        Object.values(referencesOf(release)).flatMap((image) =>
          `${image.registry}/${image.repository}` === repository ? [image.digest] : [],
        ),
      ),
    ),
  );

/** Of everything that ever came, what is needed now. */
const presently = (needs: EnvironmentNeeds): EnvironmentNeeds => ({
  ...needs,
  known: [...needs.images.pinned, ...needs.images.open, ...rollbackWindow(needs.images)],
});

const oldest = (needs: readonly EnvironmentNeeds[]): number =>
  Math.max(1, ...needs.map(({ retention }) => retention.age)) * day;

/** Every repository that an environment has had images in, and how its versions count. */
export function repositoryRules(needs: readonly EnvironmentNeeds[]): Rule[] {
  const late = needs.filter(isLate);
  const early = needs.filter((one) => !isLate(one));
  const names = new Set(needs.flatMap(({ repositories }) => [...repositories]));
  return [...names].sort().map((repository): Rule => {
    const trial = early.filter(({ repositories }) => repositories.has(repository));
    const live = digestsIn(late, repository);
    // Where an environment on trial has images too, only what came further counts as production's.
    const shared = trial.length > 0;
    const ages = {
      staging: oldest(trial.length > 0 ? trial : needs),
      production: oldest(late.length > 0 ? late : needs),
    };
    return {
      repository,
      origin: (digest) => (shared && !live.has(digest) ? "staging" : "production"),
      age: (origin) => ages[origin],
      needed: digestsIn(needs.map(presently), repository),
    };
  });
}

/** A repository's name as GitHub's packages have it: `ghcr.io/example/shop/api` is the package `shop/api` of `example`. */
function packageOf(repository: string): { registry: string; path: string; of: Package } {
  const [registry = "", owner = "", ...rest] = repository.split("/");
  const name = rest.join("/");
  if (owner !== "" && name !== "") return { registry, path: `${owner}/${name}`, of: { owner, name } };
  throw new Failure({
    code: "CleanupRefused",
    message: `expected a repository below an owner, as GitHub's packages are, got ${repository}`,
    hint: "Clean up other registries with their own means.",
  });
}

const refused = (message: string, hint: string) => new Failure({ code: "CleanupRefused", message, hint });

/** Everything that the application's repositories have, by GitHub's package API and the registry. */
export class StoredImages {
  private readonly packages: Packages;
  private readonly registries: Registries;
  private readonly memory: ManifestMemory;
  /** Manifests that were read from a registry. */
  read = 0;

  constructor(packages: Packages, registries: Registries, memory: ManifestMemory) {
    this.packages = packages;
    this.registries = registries;
    this.memory = memory;
  }

  /** @throws Failure `CleanupRefused`, `GitHubUnavailable`, `GitHubRefused`, `RegistryUnavailable` */
  async list(rules: readonly Rule[]): Promise<ListedVersion[]> {
    const all: ListedVersion[] = [];
    await inParallel(rules, 4, async (rule) => {
      all.push(...(await this.listOne(rule)));
    });
    return all;
  }

  private async listOne({ repository: name, origin, age, needed }: Rule): Promise<ListedVersion[]> {
    const { registry, path, of } = packageOf(name);
    const repository = this.registries.repository(registry, path);
    const versions = await this.packages.versions(of);
    await this.verifyListed(name, repository, versions, needed);
    const contents = await this.contents(repository, versions);
    return versions.map(({ id, digest, tags, created }): ListedVersion => {
      const from = origin(digest);
      const content = contents.get(digest);
      return {
        repository: name,
        digest,
        tags,
        created,
        origin: from,
        age: age(from),
        content,
        package: of,
        id,
      };
    });
  }

  /**
   * What is left out of a list would not be kept together with what belongs to it. So everything that is needed must be in the list,
   * if the registry has it.
   */
  private async verifyListed(
    name: string,
    repository: Repository,
    versions: readonly PackageVersion[],
    needed: ReadonlySet<string>,
  ): Promise<void> {
    const listed = new Set(versions.map(({ digest }) => digest));
    const missing = [...needed].filter((digest): digest is Digest => !listed.has(digest) && isDigest(digest));
    await inParallel(missing, parallel, async (digest) => {
      if (await repository.hasManifest(digest))
        throw refused(
          `expected GitHub's list of ${name} to have ${digest}, which the registry has`,
          "The token may see the registry but not the package: give it read:packages, or try again in a minute.",
        );
    });
  }

  private async contents(
    repository: Repository,
    versions: readonly PackageVersion[],
  ): Promise<Map<string, StoredContent>> {
    const found = new Map<string, StoredContent>();
    await inParallel(versions, parallel, async ({ digest }) => {
      const content = this.memory.get(digest) ?? (await this.readContent(repository, digest));
      if (content) found.set(digest, content);
    });
    if (versions.length > 0 && found.size === 0)
      throw refused(
        `expected ${repository.fullName} to have what GitHub lists of it, found none of ${versions.length} versions`,
        "It is another registry than GitHub's, or its token may not read it.",
      );
    return found;
  }

  private async readContent(repository: Repository, digest: string): Promise<StoredContent | undefined> {
    if (!isDigest(digest)) return undefined;
    this.read += 1;
    const bytes = await readStored(repository, digest);
    return bytes && this.memory.add(digest, bytes);
  }
}

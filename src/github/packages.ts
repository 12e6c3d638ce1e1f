import { z } from "zod";
import { asFailure } from "../release/failure.ts";
import type { GitHub } from "./client.ts";

/** A package of GitHub's container registry: the repository `ghcr.io/<owner>/<name>`. */
export interface Package {
  owner: string;
  /** May have slashes: `shop/api`. */
  name: string;
}

/** A version of a package: a manifest in the registry, with its tags. */
export interface PackageVersion {
  /** GitHub's number for it. */
  id: number;
  digest: string;
  tags: string[];
  created: Date;
}

const versionShape = z
  .object({
    id: z.int().positive(),
    // The API calls the digest a name.
    name: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    created_at: z.iso.datetime({ offset: true }),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()) }) }),
  })
  .transform(
    ({ id, name, created_at, metadata }): PackageVersion => ({
      id,
      digest: name,
      tags: metadata.container.tags,
      created: new Date(created_at),
    }),
  );

const ownerShape = z.object({ login: z.string() });

/**
 * Container packages by GitHub's REST API ("Packages"). Listing takes a request a hundred versions, deleting one each; a token needs
 * `read:packages` and `delete:packages`, a workflow's job `packages: write` and a package that gives its repository the role Admin.
 */
export class Packages {
  /** Requests for pages and deletions; tries are not counted apart. */
  readonly requests = { listing: 0, deleting: 0 };
  private readonly github: GitHub;
  private readonly kinds = new Map<string, Promise<"orgs" | "users">>();

  constructor(github: GitHub) {
    this.github = github;
  }

  /**
   * Every version of a package; nothing for a package that does not exist.
   * @throws Failure `GitHubUnavailable`, `GitHubRefused`
   */
  async versions(of: Package): Promise<PackageVersion[]> {
    const route = `GET /${await this.kind(of)}/{owner}/packages/container/{name}/versions`;
    const all = new Map<number, PackageVersion>();
    // One that is pushed meanwhile moves others to the next page: they come twice.
    for (let page = 1; ; page++) {
      this.requests.listing += 1;
      const parameters = { ...of, state: "active", per_page: 100, page };
      const shown = await this.github.find(z.array(versionShape), route, parameters);
      for (const version of shown ?? []) all.set(version.id, version);
      if ((shown?.length ?? 0) < 100) return [...all.values()];
    }
  }

  /**
   * Deletes a version; one that is gone already is no failure.
   * @returns why GitHub refuses it: it keeps the last tagged version of a package, and public ones that were fetched often
   * @throws Failure `GitHubUnavailable`
   */
  async delete(of: Package, id: number): Promise<string | undefined> {
    const route = `DELETE /${await this.kind(of)}/{owner}/packages/container/{name}/versions/{id}`;
    this.requests.deleting += 1;
    try {
      await this.github.find(z.unknown(), route, { ...of, id });
      return undefined;
    } catch (thrown) {
      const { code, message } = asFailure(thrown);
      if (code !== "GitHubRefused") throw thrown;
      return message;
    }
  }

  /** Organisations and users have paths of their own. */
  private kind({ owner }: Package): Promise<"orgs" | "users"> {
    const known = this.kinds.get(owner) ?? this.askKind(owner);
    this.kinds.set(owner, known);
    return known;
  }

  private async askKind(owner: string): Promise<"orgs" | "users"> {
    this.requests.listing += 1;
    const parameters = { owner };
    const organisation = await this.github.find(ownerShape, "GET /orgs/{owner}", parameters);
    return organisation ? "orgs" : "users";
  }
}

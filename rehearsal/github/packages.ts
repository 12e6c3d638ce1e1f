/** Container packages: what a registry holds, as versions of packages. Source: docs.github.com/rest/packages/packages. */
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import type { Store } from "../registry/store.ts";
import { done, notFound, ok, page, refuse } from "./api.ts";
import type { Hub } from "./hub.ts";

/** A manifest of the registry, as GitHub numbers it. */
interface Version {
  id: number;
  digest: string;
  /** Milliseconds since 1970. */
  created: number;
}

/** The packages of one owner: a package `shop/api` is the registry's repository `<owner>/shop/api`. */
export class Shelf {
  private readonly hub: Hub;
  private readonly store: Store;
  private readonly known = new Map<string, Version>();
  private readonly byId = new Map<number, Version>();

  constructor(hub: Hub, store: Store) {
    this.hub = hub;
    this.store = store;
  }

  private repository(name: string): string {
    return `${this.hub.options.owner.toLowerCase()}/${name}`;
  }

  /** A package's versions, newest first; `undefined` for a package that does not exist. */
  versions(name: string): Version[] | undefined {
    const repository = this.store.repositories.get(this.repository(name));
    if (!repository || repository.manifests.size === 0) return undefined;
    return [...repository.manifests.keys()]
      .map((digest) => this.version(name, digest))
      .sort((a, b) => b.created - a.created || b.id - a.id);
  }

  /** What GitHub knows of a manifest; numbered when it is first seen. */
  version(name: string, digest: string): Version {
    const key = `${name}@${digest}`;
    const known = this.known.get(key) ?? { id: this.hub.nextId(), digest, created: Date.now() };
    this.known.set(key, known);
    this.byId.set(known.id, known);
    return known;
  }

  /** Tags by the digest that they name. */
  tags(name: string): Map<string, string[]> {
    const named = new Map<string, string[]>();
    for (const [tag, digest] of this.store.open(this.repository(name)).tags)
      named.set(digest, [...(named.get(digest) ?? []), tag]);
    return named;
  }

  /** Says when a manifest was pushed: a rehearsal need not last for weeks. */
  backdate(name: string, digest: string, created: Date): void {
    this.version(name, digest).created = created.getTime();
  }

  /** The version with this number, if the registry still has it. */
  find(name: string, id: number): Version | undefined {
    const known = this.byId.get(id);
    const there = known && this.store.manifest(this.repository(name), known.digest);
    return there && this.known.get(`${name}@${known.digest}`) === known ? known : undefined;
  }

  /** Takes a manifest and its tags out of the registry. */
  remove(name: string, { id, digest }: Version): void {
    this.store.removeManifest(this.repository(name), digest);
    this.known.delete(`${name}@${digest}`);
    this.byId.delete(id);
  }
}

const shelves = new WeakMap<Hub, Shelf>();

/** Makes what a registry holds the packages of a hub's owner, once; without it there is no package. */
export function joinRegistry(hub: Hub, store: Store): Shelf {
  const shelf = shelves.get(hub) ?? new Shelf(hub, store);
  shelves.set(hub, shelf);
  return shelf;
}

/** The packages that the path's owner has; throws 404 for another, or below the paths of the wrong kind of owner. */
function shelfOf(hub: Hub, request: Request): Shelf {
  const { owner, ownerType } = hub.options;
  const shelf = shelves.get(hub);
  const kind = ownerType === "Organization" ? "orgs" : "users";
  const asked = (request.params.owner ?? "").toLowerCase();
  if (!shelf || request.params.kind !== kind || asked !== owner.toLowerCase()) throw notFound();
  return shelf;
}

const time = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

function view(
  { options: { owner, ownerType } }: Hub,
  name: string,
  { id, digest, created }: Version,
  tags: string[],
) {
  const kind = ownerType === "Organization" ? "orgs" : "users";
  const path = `${kind}/${owner}/packages/container`;
  return {
    id,
    name: digest,
    url: `https://api.github.com/${path}/${encodeURIComponent(name)}/versions/${id}`,
    package_html_url: `https://github.com/${path}/package/${encodeURIComponent(name)}`,
    created_at: time(created),
    updated_at: time(created),
    metadata: { package_type: "container", container: { tags } },
  };
}

/** GitHub keeps the last version that has a tag: the package itself would have to go. */
function remove(shelf: Shelf, name: string, version: Version) {
  const tagged = shelf.tags(name);
  if (tagged.size === 1 && tagged.has(version.digest))
    throw refuse(
      400,
      "You cannot delete the last tagged version of a package. You must delete the package instead.",
    );
  shelf.remove(name, version);
  return done;
}

/** Adds the list of a package's versions, and each of them. */
export function addPackages(router: Router, hub: Hub): void {
  const versions = "/api/v3/:kind/:owner/packages/container/:name/versions";
  const found = (request: Request) => {
    const name = request.params.name ?? "";
    const shelf = shelfOf(hub, request);
    const version = shelf.find(name, Number(request.params.id));
    if (!version) throw notFound();
    return { name, shelf, version };
  };
  router
    .on("GET", versions, (request) => {
      const name = request.params.name ?? "";
      const shelf = shelfOf(hub, request);
      const all = shelf.versions(name);
      if (!all) throw notFound();
      const tags = shelf.tags(name);
      return page(request, all, (shown) =>
        shown.map((one) => view(hub, name, one, tags.get(one.digest) ?? [])),
      );
    })
    .on("GET", `${versions}/:id`, (request) => {
      const { name, shelf, version } = found(request);
      return ok(view(hub, name, version, shelf.tags(name).get(version.digest) ?? []));
    })
    .on("DELETE", `${versions}/:id`, (request) => {
      const { name, shelf, version } = found(request);
      return remove(shelf, name, version);
    });
}

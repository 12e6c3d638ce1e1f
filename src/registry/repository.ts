import { type Digest, isDigest } from "../release/digest.ts";
import type { Scope } from "./challenge.ts";
import type { Answer, RegistryClient, RegistryRequest } from "./client.ts";
import type { Received } from "./exchange.ts";
import { registryLimits } from "./limits.ts";
import {
  type Descriptor,
  type ManifestContent,
  manifestTypes,
  parseManifest,
  type StoredManifest,
  sha256,
} from "./manifest.ts";
import type { RegistryMemory, RepositoryMemory } from "./memory.ts";
import { corrupted, saidOf } from "./refusals.ts";
import { listTags } from "./tagList.ts";

type Request = Omit<RegistryRequest, "scopes" | "signal" | "sent" | "path"> & { path: string | URL };

const accept = manifestTypes.join(", ");

/** One repository of a registry. Everything read is bounded and, where there is a digest, checked against it. */
export class Repository {
  readonly name: string;
  readonly client: RegistryClient;
  readonly memory: RepositoryMemory;
  private readonly shared: RegistryMemory;
  private readonly scopes: readonly Scope[];
  readonly signal: AbortSignal | undefined;
  /** Requests sent so far, each try counted, authentication not. */
  requests = 0;

  constructor(
    client: RegistryClient,
    name: string,
    shared: RegistryMemory,
    use: { scopes: readonly Scope[]; signal: AbortSignal | undefined },
  ) {
    this.client = client;
    this.name = name;
    this.shared = shared;
    this.memory = shared.repository(client.registry, name);
    this.scopes = use.scopes;
    this.signal = use.signal;
  }

  /** `ghcr.io/example/shop/api` */
  get fullName(): string {
    return `${this.client.registry}/${this.name}`;
  }

  private get common() {
    return {
      scopes: this.scopes,
      signal: this.signal,
      sent: () => {
        this.requests += 1;
      },
    };
  }

  /** Asks for something in this repository: `manifests/…`, or an address that the registry gave. */
  ask(request: Request): Promise<Answer> {
    const path = typeof request.path === "string" ? `${this.name}/${request.path}` : request.path;
    return this.client.ask({ ...request, ...this.common, path });
  }

  /** As `ask`, but hands the answer over with its body unread. */
  open(request: Request & { path: string }): Promise<Received> {
    return this.client.open({ ...request, ...this.common, path: `${this.name}/${request.path}` });
  }

  /**
   * The manifest under a digest or a tag, its bytes checked against the digest.
   * @returns `undefined` when the repository has none
   * @throws Failure `ImageCorrupted` when it is too large or its digest is another, `RegistryUnavailable`
   */
  async manifest(reference: string): Promise<StoredManifest | undefined> {
    if (!isDigest(reference)) return this.readManifest(reference);
    return (
      this.memory.manifest(reference) ??
      (await this.memory.reads(reference, () => this.readManifest(reference)))
    );
  }

  private async readManifest(reference: string): Promise<StoredManifest | undefined> {
    const answer = await this.ask({
      method: "GET",
      path: `manifests/${reference}`,
      headers: { accept },
      limit: registryLimits.manifest,
    });
    if (answer.status === 404) return undefined;
    const { body } = answer;
    const where = `${this.fullName}${isDigest(reference) ? "@" : ":"}${reference}`;
    if (answer.status !== 200)
      throw corrupted(where, `the registry answered ${saidOf(answer)} for its manifest`);
    if (!body) throw corrupted(where, `the manifest has more than ${registryLimits.manifest} bytes`);
    const digest = sha256(body);
    const promised = isDigest(reference) ? reference : answer.headers.get("docker-content-digest");
    if (promised !== null && promised !== digest)
      throw corrupted(where, `expected a manifest with digest ${promised}, got ${digest}`);
    const mediaType = parseManifest(body)?.mediaType ?? typeOf(answer);
    const manifest: StoredManifest = { mediaType, digest, bytes: body };
    this.memory.holds(manifest);
    return manifest;
  }

  /** The digest that a tag or a digest has here, by the registry's word; `undefined` when it has none. */
  async digestOf(reference: string): Promise<Digest | undefined> {
    const answer = await this.ask({ method: "HEAD", path: `manifests/${reference}`, headers: { accept } });
    if (answer.status === 404) return undefined;
    const digest = answer.headers.get("docker-content-digest");
    if (answer.status === 200 && digest !== null && isDigest(digest)) return digest;
    // A registry may leave the header out of its answer to HEAD.
    return (await this.manifest(reference))?.digest;
  }

  /** Whether the manifest is here; a registry that hides what is not there behind a refusal says no. */
  async hasManifest(digest: Digest): Promise<boolean> {
    const path = `manifests/${digest}`;
    const { status } = await this.ask({ method: "HEAD", path, headers: { accept }, refusable: true });
    return status === 200;
  }

  /**
   * Puts a manifest under its digest or a tag, and makes sure that the registry has taken it as it is.
   * @returns what the registry said against it; `undefined` when it is there
   */
  async putManifest(
    manifest: StoredManifest,
    reference: string = manifest.digest,
  ): Promise<string | undefined> {
    this.memory.doubtsTag(reference);
    const answer = await this.ask({
      method: "PUT",
      path: `manifests/${reference}`,
      headers: { "content-type": manifest.mediaType },
      body: () => new Uint8Array(manifest.bytes),
    });
    if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202) return saidOf(answer);
    const taken = answer.headers.get("docker-content-digest") ?? (await this.digestOf(reference));
    if (taken !== manifest.digest) return `the registry has ${taken ?? "nothing"} under ${reference}`;
    this.memory.holds(manifest);
    if (!isDigest(reference)) this.memory.names(reference, manifest);
    return undefined;
  }

  /** The size of a blob in bytes, `"unknown"` when the registry does not say; `undefined` when it is not here. */
  async blobSize(digest: Digest): Promise<number | "unknown" | undefined> {
    const answer = await this.ask({ method: "HEAD", path: `blobs/${digest}` });
    if (answer.status !== 200) return undefined;
    const size = answer.headers.get("content-length");
    return size === null ? "unknown" : Number(size);
  }

  /**
   * A small blob, checked.
   * @param limit bytes
   * @throws Failure `ImageCorrupted` when it is larger, not there, or its digest is another
   */
  async blob({ digest, size }: Pick<Descriptor, "digest" | "size">, limit: number): Promise<Buffer> {
    const where = `${this.fullName}@${digest}`;
    if (size > limit) throw corrupted(where, `expected a blob of at most ${limit} bytes, it has ${size}`);
    const bytes = await this.memory.content(digest, size, () => this.readBlob(digest, limit, where));
    if (bytes.length > limit)
      throw corrupted(where, `expected a blob of at most ${limit} bytes, it is larger`);
    return bytes;
  }

  private async readBlob(digest: Digest, limit: number, where: string): Promise<Buffer> {
    const answer = await this.ask({ method: "GET", path: `blobs/${digest}`, limit });
    if (answer.status !== 200) throw corrupted(where, `the registry answered ${saidOf(answer)} for the blob`);
    if (!answer.body) throw corrupted(where, `expected a blob of at most ${limit} bytes, it is larger`);
    const found = sha256(answer.body);
    if (found !== digest) throw corrupted(where, `expected a blob with digest ${digest}, got ${found}`);
    return answer.body;
  }

  /** All tags; `undefined` where the registry does not say, or they are too many. Asked once. */
  tags(): Promise<ReadonlySet<string> | undefined> {
    return this.memory.tags(() => listTags(this));
  }

  /** The manifest under a tag, as it was when it was first asked for; without a request when the list of tags is known and lacks it. */
  tagged(tag: string): Promise<StoredManifest | undefined> {
    return this.memory.tagged(tag, async () => {
      const tags = await this.tags();
      return tags && !tags.has(tag) ? undefined : this.manifest(tag);
    });
  }

  /**
   * What refers to a digest, by the referrers API; `undefined` where the registry has none, which is found out once.
   * @throws Failure `ImageCorrupted` when the answer is no index
   */
  listedReferrers(digest: Digest): Promise<Descriptor[] | undefined> {
    return this.memory.referrers(digest, () => this.findReferrers(digest));
  }

  private async findReferrers(digest: Digest): Promise<Descriptor[] | undefined> {
    const { registry } = this.client;
    const known = this.shared.referrers.get(registry);
    if (known) return (await known) ? this.askReferrers(digest) : undefined;
    const asked = this.askReferrers(digest);
    const supported = asked.then(
      (found) => found !== undefined,
      () => {
        // Nothing was found out: the next one asks again.
        this.shared.referrers.delete(registry);
        return true;
      },
    );
    this.shared.referrers.set(registry, supported);
    return asked;
  }

  /**
   * What refers to a digest: by the referrers API or, where the registry has none, by the fallback tag `sha256-<hex>` (distribution
   * specification 1.1, "Listing Referrers").
   * @throws Failure `ImageCorrupted` when the answer is no index
   */
  async referrers(digest: Digest): Promise<Descriptor[]> {
    const listed = await this.listedReferrers(digest);
    if (listed) return listed;
    const fallback = await this.tagged(fallbackTag(digest));
    return fallback ? this.members(parseManifest(fallback.bytes), `the fallback tag of ${digest}`) : [];
  }

  private async askReferrers(digest: Digest): Promise<Descriptor[] | undefined> {
    const answer = await this.ask({
      method: "GET",
      path: `referrers/${digest}`,
      limit: registryLimits.manifest,
      refusable: true,
    });
    if (answer.status !== 200) return undefined;
    return this.members(answer.body && parseManifest(answer.body), `the referrers of ${digest}`);
  }

  private members(content: ManifestContent | undefined, what: string): Descriptor[] {
    if (content?.kind === "index") return content.manifests;
    throw corrupted(this.fullName, `expected an index as ${what}`);
  }
}

const typeOf = (answer: Answer): string =>
  (answer.headers.get("content-type") ?? "application/octet-stream").split(";")[0]?.trim() ?? "";

/** The tag under which a registry without the referrers API keeps the index of what refers to a digest. */
export const fallbackTag = (digest: string): string => digest.replace(":", "-");

/** An OCI registry that behaves as GHCR does; see SPEC.md. */
import type { Faults } from "../faults/faults.ts";
import type { RequestLog } from "../http/request-log.ts";
import { Router } from "../http/router.ts";
import { startHttp } from "../http/server.ts";
import type { Artifact } from "../images/image.ts";
import type { OciIndex } from "../images/image-index.ts";
import { addTokenEndpoint, type Credentials, guard } from "./authorisation.ts";
import { addBlobs } from "./blobs.ts";
import { errorBody } from "./errors.ts";
import { addManifests } from "./manifests.ts";
import { addReferrers } from "./referrers.ts";
import { Store } from "./store.ts";
import { addTags } from "./tags.ts";
import type { ServerCertificate } from "./tls/authority.ts";
import { Tokens } from "./tokens.ts";
import { addUploads } from "./uploads.ts";

export interface RegistryOptions {
  faults: Faults;
  /** Address of this machine; default `127.0.0.1`. */
  address?: string;
  /** Default 0: any free port. */
  port?: number;
  /** With it, HTTPS is spoken, and nothing else. */
  tls?: ServerCertificate | undefined;
  /** With them, nothing is answered without a token; without, everything is open. */
  auth?: Credentials | undefined;
  /** How long a token is good for; default 300 s. */
  tokenSeconds?: number;
  /** Whether blobs can be mounted from other repositories; default true. Otherwise an upload is begun, as the specification has it. */
  mounts?: boolean;
  /** Whether there is a referrers API; default false, as on GHCR. */
  referrers?: boolean;
}

export interface Registry {
  /** `http://address:port`, or `https://…`. */
  url: string;
  /** `address:port`, as in image references. */
  host: string;
  requests: RequestLog;
  store: Store;
  /** Puts an image, or what is attached to one, or an index with its images, into a repository, without HTTP. Returns its digest. */
  push(repository: string, image: Artifact | OciIndex, tags?: readonly string[]): string;
  /** Removes a manifest and its tags, as a retention rule would; false when it was not there. */
  remove(repository: string, digest: string): boolean;
  close(): Promise<void>;
}

function pushInto(
  store: Store,
  repository: string,
  image: Artifact | OciIndex,
  tags: readonly string[],
): string {
  if ("images" in image) for (const one of image.images) pushInto(store, repository, one, []);
  else for (const { bytes } of [image.config, ...image.layers]) store.putBlob(repository, bytes);
  const content = { mediaType: image.mediaType, bytes: image.manifest };
  const { digest } = store.putManifest(repository, content);
  for (const tag of tags) store.open(repository).tags.set(tag, digest);
  return digest;
}

function routes(store: Store, { mounts = true, referrers = false }: RegistryOptions): Router {
  const version = { "docker-distribution-api-version": "registry/2.0" };
  const router = new Router().on("GET", "/v2/", () => ({ status: 200, json: {}, headers: version }));
  addUploads(router, store, mounts);
  addBlobs(router, store);
  addManifests(router, store, referrers);
  addTags(router, store);
  addReferrers(router, store, referrers);
  return router;
}

/** Starts a registry; rejects with Node's error when the address cannot be listened on. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const store = new Store();
  const tokens = new Tokens(options.tokenSeconds ?? 300);
  const router = routes(store, options);
  addTokenEndpoint(router, tokens, options.auth);
  const server = await startHttp({
    part: "registry",
    faults: options.faults,
    router,
    errorBody,
    around: (request, next) => (options.auth ? guard(tokens, request, next) : next(request)),
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.port === undefined ? {} : { port: options.port }),
    tls: options.tls,
  });
  return {
    url: server.url,
    host: new URL(server.url).host,
    requests: server.requests,
    store,
    push: (repository, image, tags = []) => pushInto(store, repository, image, tags),
    remove: (repository, digest) => store.removeManifest(repository, digest),
    close: () => server.close(),
  };
}

import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../src/release/failure.ts";
import { formatReference, parseReference } from "../src/release/reference.ts";

export interface ImageReferenceArgs {
  /** `registry/repository@sha256:…`; a tag is refused. */
  reference: string;
  /**
   * Ask the registry whether it serves the digest. Not on the way back: the hosts keep the images, and a registry that
   * is down must not keep an environment down.
   */
  ask: boolean;
  /** Provider with the registry's credentials; default: nobody's. */
  registry?: docker.Provider | undefined;
}

/** The provider that asks one registry with one account's credentials. */
export const registryProvider = (
  name: string,
  registry: { server: string; username: string; token: string },
): docker.Provider =>
  new docker.Provider(name, {
    registryAuth: [
      {
        // Plain HTTP only towards this machine, as container engines do it.
        address: `${/^(localhost|127\.)/.test(registry.server) ? "http" : "https"}://${registry.server}`,
        username: registry.username,
        password: pulumi.secret(registry.token),
      },
    ],
  });

/** An image pinned by digest. */
export class ImageReference extends pulumi.ComponentResource {
  /** The reference; known to be served when the registry was asked. */
  readonly reference: pulumi.Output<string>;

  /**
   * @throws Failure `ReleaseInvalid` for a tag or a malformed digest
   * @throws Failure `ImageMissing` when the registry serves another digest than the one asked for
   */
  constructor(name: string, args: ImageReferenceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:ImageReference", name, {}, opts);
    const pinned = parseReference(args.reference);
    if ("problem" in pinned)
      throw new Failure({
        code: "ReleaseInvalid",
        message: `image ${name}: ${pinned.problem}`,
        fault: "user",
      });
    const text = formatReference(pinned);
    this.reference = args.ask
      ? docker
          .getRegistryImageOutput(
            { name: text },
            { parent: this, ...(args.registry && { provider: args.registry }) },
          )
          .sha256Digest.apply((digest) => {
            if (digest === pinned.digest) return text;
            throw new Failure({
              code: "ImageMissing",
              message: `expected ${pinned.registry} to serve ${pinned.digest} for ${name}, it answered ${digest}`,
            });
          })
      : pulumi.output(text);
    this.registerOutputs({ reference: this.reference });
  }
}

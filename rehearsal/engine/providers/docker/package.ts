import { unsupported } from "../../failure.ts";
import { flag, text } from "../fields.ts";
import type { Package, ProviderFunction } from "../provider.ts";
import { parseReference } from "./reference.ts";
import { digestOf } from "./registry.ts";

const getRegistryImage: ProviderFunction = async (args, context) => {
  if (flag(args, "insecureSkipVerify")) throw unsupported("insecureSkipVerify of docker.getRegistryImage");
  const name = text(args, "name");
  const sha256Digest = await digestOf(context.config, name, parseReference(name));
  return { id: sha256Digest, name, sha256Digest };
};

/** `@pulumi/docker`: only what needs no container engine. */
export const docker: Package = {
  resources: {},
  functions: { "docker:index/getRegistryImage:getRegistryImage": getRegistryImage },
};

// A snapshot as Pulumi's version 3 deployment (sdk/go/common/apitype/core.go), so that either engine can open what the
// other wrote.
import { createHash } from "node:crypto";
import { EngineError, unsupported } from "../failure.ts";
import { Secrets } from "../secrets/passphrase.ts";
import { isObject, isSecret, mapProps, type Props, plain, SIGNATURE, secret } from "../values/values.ts";
import { engineVersion } from "../version.ts";
import type { Operation, Resource, Snapshot } from "./resource.ts";

/** Newer kinds of state that this engine would damage by rewriting it. */
const REFUSED = [
  "viewOf",
  "taint",
  "pendingReplacement",
  "resourceHooks",
  "snippetID",
  "extensionRef",
  "replacementTrigger",
  "refreshBeforeUpdate",
  "deletedWith",
  "customTimeouts",
];

/** A deployment as parsed from JSON. */
export interface RawDeployment extends Props {
  readonly manifest?: { readonly time?: string };
  readonly resources?: readonly Props[];
}

function encode(props: Props, secrets: Secrets | undefined, show: boolean): Props {
  return mapProps(props, (leaf) => {
    if (!isSecret(leaf)) return leaf;
    const text = JSON.stringify(plain(leaf.value));
    if (show) return { [SIGNATURE]: leaf[SIGNATURE], plaintext: text };
    if (!secrets)
      throw new EngineError("state", "a secret is to be stored, but the stack has no secrets provider");
    return { [SIGNATURE]: leaf[SIGNATURE], ciphertext: secrets.encrypt(text) };
  });
}

/** A secret within a secret is stored with its "ciphertext" left in the clear. */
function unnest(value: unknown): unknown {
  return mapProps({ value }, (leaf) =>
    isSecret(leaf) ? JSON.parse(String(leaf.ciphertext ?? leaf.plaintext)) : leaf,
  ).value;
}

function decode(props: unknown, secrets: Secrets | undefined): Props {
  return mapProps(isObject(props) ? props : {}, (leaf) => {
    if (!isSecret(leaf)) return leaf;
    if (typeof leaf.plaintext === "string") return secret(plain(unnest(JSON.parse(leaf.plaintext))));
    if (!secrets)
      throw new EngineError("state", "a secret was found, but the deployment has no secrets provider");
    return secret(plain(unnest(JSON.parse(secrets.decrypt(String(leaf.ciphertext))))));
  });
}

/** A resource as state files hold it; `show` leaves secrets readable. */
export function encodeResource(resource: Resource, secrets: Secrets | undefined, show = false): Props {
  return {
    ...resource,
    inputs: encode(resource.inputs, secrets, show),
    outputs: encode(resource.outputs, secrets, show),
  };
}

function decodeResource(raw: Props, secrets: Secrets | undefined): Resource {
  const newer = REFUSED.find((key) => raw[key]);
  if (newer) throw unsupported(`the state of ${String(raw.urn)}, which uses "${newer}",`);
  return {
    ...(raw as unknown as Resource),
    inputs: decode(raw.inputs, secrets),
    outputs: decode(raw.outputs, secrets),
  };
}

/** Everything in a deployment but its resources and pending operations. */
export function deploymentHead(secrets: Secrets | undefined): Props {
  return {
    manifest: {
      time: new Date().toISOString(),
      magic: createHash("sha256").update(engineVersion).digest("hex"),
      version: engineVersion,
    },
    ...(secrets && { secrets_providers: { type: "passphrase", state: { salt: secrets.salt } } }),
  };
}

/** The snapshot as `stack export` shows it. */
export function toDeployment(snapshot: Snapshot, show: boolean): Props {
  const write = (resource: Resource) => encodeResource(resource, snapshot.secrets, show);
  return {
    ...deploymentHead(snapshot.secrets),
    ...(snapshot.resources.length > 0 && { resources: snapshot.resources.map(write) }),
    ...(snapshot.pending.length > 0 && {
      pending_operations: snapshot.pending.map((operation) => ({
        ...operation,
        resource: write(operation.resource),
      })),
    }),
    metadata: {},
  };
}

function secretsOf(deployment: Props, known: Secrets | undefined): Secrets | undefined {
  const provider = deployment.secrets_providers;
  if (!isObject(provider)) return known;
  if (provider.type !== "passphrase") throw unsupported(`the secrets provider "${String(provider.type)}"`);
  const salt = isObject(provider.state) ? String(provider.state.salt) : "";
  return known?.salt === salt ? known : new Secrets(salt);
}

/**
 * Reads a deployment. `known` are the secrets of the stack's configuration, reused when the salt is the same (deriving a
 * key is slow). Throws `unsupported` for kinds of state that rewriting would damage.
 */
export function fromDeployment(
  raw: { version?: number; features?: unknown; deployment: unknown },
  known?: Secrets,
): Snapshot {
  const { version = 3, features } = raw;
  if (version !== 3 && version !== 4) throw unsupported(`deployment version ${version}`);
  const deployment = isObject(raw.deployment) ? raw.deployment : {};
  if (Array.isArray(features) && features.length > 0)
    throw unsupported(`state with the features ${features.join(", ")}`);
  if (deployment.snippets) throw unsupported("state with snippets");
  const secrets = secretsOf(deployment, known);
  const resources = (deployment.resources ?? []) as readonly Props[];
  const pending = (deployment.pending_operations ?? []) as readonly (Props & { resource: Props })[];
  return {
    resources: resources.map((resource) => decodeResource(resource, secrets)),
    pending: pending.map((operation) => ({
      ...(operation as unknown as Operation),
      resource: decodeResource(operation.resource, secrets),
    })),
    ...(secrets && { secrets }),
  };
}

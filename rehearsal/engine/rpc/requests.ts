// Requests of the SDK as goals; what this engine does not do is refused by name.
import type { Alias as AliasPb } from "@pulumi/pulumi/proto/alias_pb.js";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import type { Alias, Goal } from "../deployment/goal.ts";
import { unsupported } from "../failure.ts";
import { readStruct } from "./protobuf.ts";

function refusedOption(request: RegisterResourceRequest): string | undefined {
  const timeouts = request.getCustomtimeouts();
  const asked: Readonly<Record<string, boolean>> = {
    "remote components": request.getRemote(),
    import: request.getImportid() !== "",
    transforms: request.getTransformsList().length > 0,
    deletedWith: request.getDeletedwith() !== "",
    replaceWith: request.getReplaceWithList().length > 0,
    replacementTrigger: request.hasReplacementTrigger(),
    hooks: request.hasHooks(),
    hideDiffs: request.getHidediffsList().length > 0,
    pluginDownloadURL: request.getPlugindownloadurl() !== "",
    packageRef: request.getPackageref() !== "",
    envVarMappings: request.getEnvvarmappingsMap().getLength() > 0,
    customTimeouts:
      timeouts !== undefined &&
      [timeouts.getCreate(), timeouts.getUpdate(), timeouts.getDelete(), timeouts.getRead()].some(
        (text) => text !== "",
      ),
  };
  return Object.keys(asked).find((option) => asked[option]);
}

function aliasOf(alias: AliasPb): Alias {
  const spec = alias.getSpec();
  if (!spec) return { urn: alias.getUrn() };
  return {
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
}

function propertyDependenciesOf(request: RegisterResourceRequest): Record<string, string[]> {
  const map = request.getPropertydependenciesMap();
  return Object.fromEntries(map.toArray().map(([key]) => [key, map.get(key)?.getUrnsList() ?? []]));
}

/** @throws EngineError `unsupported` for resource options this engine does not implement. */
export function goalOf(request: RegisterResourceRequest): Goal {
  const refused = refusedOption(request);
  if (refused)
    throw unsupported(`the resource option '${refused}' (of ${request.getType()} '${request.getName()}')`);
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: readStruct(request.getObject()),
    provider: request.getProvider(),
    version: request.getVersion(),
    dependencies: request.getDependenciesList(),
    propertyDependencies: propertyDependenciesOf(request),
    aliases: [
      ...request.getAliasurnsList().map((urn) => ({ urn })),
      ...request.getAliasesList().map(aliasOf),
    ],
    ...(request.hasProtect() && { protect: request.getProtect() }),
    ...(request.hasRetainondelete() && { retainOnDelete: request.getRetainondelete() }),
    ...(request.getDeletebeforereplacedefined() && { deleteBeforeReplace: request.getDeletebeforereplace() }),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

/** The goal of a resource that is only read. */
export function readGoalOf(request: ReadResourceRequest): Goal {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: true,
    parent: request.getParent(),
    inputs: readStruct(request.getProperties()),
    provider: request.getProvider(),
    version: request.getVersion(),
    dependencies: request.getDependenciesList(),
    propertyDependencies: {},
    aliases: [],
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

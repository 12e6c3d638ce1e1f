// The ResourceMonitor service: what a running program registers, reads and invokes.
import type * as ResourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import type { Deployment } from "../deployment/deployment.ts";
import { invoke, read } from "../deployment/read.ts";
import { register } from "../deployment/register.ts";
import { isAborted, messageOf } from "../failure.ts";
import type { Resource } from "../state/resource.ts";
import { hasSecret, type Props, plainProps, secret } from "../values/values.ts";
import { unary } from "./handlers.ts";
import { emptyPb, readStruct, resourcePb, writeStruct } from "./protobuf.ts";
import { goalOf, readGoalOf } from "./requests.ts";

/** What a program is told about the run it belongs to. */
export interface RunInfo {
  readonly project: string;
  readonly stack: string;
  readonly dryRun: boolean;
  readonly parallel: number;
}

/** Everything not listed here makes the SDK itself refuse: transforms, hooks, parameterised packages. */
const features = () => {
  const known = resourcePb.ResourceMonitorFeature;
  return {
    secrets: known.RESOURCE_MONITOR_FEATURE_SECRETS,
    resourceReferences: known.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    outputValues: known.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    aliasSpecs: known.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  };
};

/** A refused registration stops the run, and is reported with the resource it is about. */
async function reporting<T>(deployment: Deployment, urn: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAborted(error)) throw error;
    return deployment.steps.refuse(messageOf(error), urn);
  }
}

function registered(
  resource: Resource,
  request: ResourcePb.RegisterResourceRequest,
): ResourcePb.RegisterResourceResponse {
  // A component's outputs are the program's own business; handing back old ones would resurrect dead references.
  const outputs = resource.custom ? resource.outputs : {};
  return new resourcePb.RegisterResourceResponse()
    .setUrn(resource.urn)
    .setId(resource.id ?? "")
    .setObject(writeStruct(request.getAcceptsecrets() ? outputs : plainProps(outputs)));
}

function allSecret(props: Props): Props {
  return Object.fromEntries(Object.entries(props).map(([key, value]) => [key, secret(value)]));
}

/** Handlers of the service, for a gRPC server or for a program in this very process. */
export function monitorHandlers(deployment: Deployment, info: RunInfo) {
  return {
    getDeploymentInfo: unary(() =>
      new resourcePb.DeploymentInfo()
        .setProject(info.project)
        .setStack(info.stack)
        .setOrganization("organization")
        .setDryrun(info.dryRun)
        .setParallel(info.parallel)
        .setSupportedfeaturesList(Object.values(features())),
    ),
    supportsFeature: unary((request: ResourcePb.SupportsFeatureRequest) =>
      new resourcePb.SupportsFeatureResponse().setHassupport(Object.hasOwn(features(), request.getId())),
    ),
    registerResource: unary((request: ResourcePb.RegisterResourceRequest) =>
      reporting(deployment, "", async () => registered(await register(deployment, goalOf(request)), request)),
    ),
    registerResourceOutputs: unary((request: ResourcePb.RegisterResourceOutputsRequest) => {
      deployment.registerOutputs(request.getUrn(), readStruct(request.getOutputs()));
      return new emptyPb.Empty();
    }),
    readResource: unary((request: ResourcePb.ReadResourceRequest) =>
      reporting(deployment, "", async () => {
        const resource = await read(deployment, readGoalOf(request), request.getId());
        return new resourcePb.ReadResourceResponse()
          .setUrn(resource.urn)
          .setProperties(writeStruct(resource.outputs));
      }),
    ),
    invoke: unary(async (request: ResourcePb.ResourceInvokeRequest) => {
      const args = readStruct(request.getArgs());
      const call = {
        token: request.getTok(),
        args,
        provider: request.getProvider(),
        version: request.getVersion(),
      };
      const result = await invoke(deployment, call);
      const answer = hasSecret(args) ? allSecret(result) : result;
      return new resourcePb.ResourceInvokeResponse().setReturn(writeStruct(answer));
    }),
    signalAndWaitForShutdown: unary(() => new emptyPb.Empty()),
  };
}

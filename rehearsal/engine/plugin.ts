// Serves a rehearsed package as a provider plugin of the real engine (`pulumi-resource-<name>`), so that both engines can be
// run over exactly the same providers and compared. Usage: node plugin.ts <package> <version>; the module that
// LIFTLOCK_REHEARSAL_PROVIDERS names brings the packages.
import { createRequire } from "node:module";
import type * as PluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as ProviderGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as ProviderPb from "@pulumi/pulumi/proto/provider_pb.js";
import { diffProps } from "./deployment/diff.ts";
import { unsupported } from "./failure.ts";
import { Packages, packageLoader } from "./providers/packages.ts";
import type { Context } from "./providers/provider.ts";
import { unary } from "./rpc/handlers.ts";
import { emptyPb, grpc, readStruct, writeStruct } from "./rpc/protobuf.ts";
import { nameOf, qualifiedTypeOf } from "./state/resource.ts";
import { equal, type Props, plainProps, UNKNOWN } from "./values/values.ts";

const load = createRequire(import.meta.url);
const providerPb = load("@pulumi/pulumi/proto/provider_pb.js") as typeof ProviderPb;
const providerGrpc = load("@pulumi/pulumi/proto/provider_grpc_pb.js") as typeof ProviderGrpc;
const pluginPb = load("@pulumi/pulumi/proto/plugin_pb.js") as typeof PluginPb;

const [name = "", version = ""] = process.argv.slice(2);
const packages = new Packages(packageLoader());

const typeOf = (urn: string) => packages.resource(qualifiedTypeOf(urn).split("$").at(-1) ?? "");
/** The provider's configuration: the real engine runs one process of a plugin for each provider of a program. */
let config: Props = {};
const contextOf = (urn: string): Context => ({ urn, name: nameOf(urn), config, log: () => undefined });

function diffResponse(before: Props, after: Props, replaceOn: readonly string[], deleteFirst: boolean) {
  const diff = diffProps(before, after);
  const kinds = providerPb.PropertyDiff.Kind;
  const response = new providerPb.DiffResponse().setHasdetaileddiff(true).setDeletebeforereplace(deleteFirst);
  for (const [key, change] of Object.entries(diff)) {
    const replaces = replaceOn.includes(key);
    const kind = { add: kinds.ADD, delete: kinds.DELETE, update: kinds.UPDATE }[change];
    const replaceKind = {
      add: kinds.ADD_REPLACE,
      delete: kinds.DELETE_REPLACE,
      update: kinds.UPDATE_REPLACE,
    }[change];
    const detail = new providerPb.PropertyDiff().setKind(replaces ? replaceKind : kind).setInputdiff(true);
    response.getDetaileddiffMap().set(key, detail);
  }
  const { DIFF_SOME, DIFF_NONE } = providerPb.DiffResponse.DiffChanges;
  return response
    .setChanges(Object.keys(diff).length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(Object.keys(diff))
    .setReplacesList(Object.keys(diff).filter((key) => replaceOn.includes(key)));
}

const handlers = {
  getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(version)),
  getSchema: unary(() => new providerPb.GetSchemaResponse().setSchema("{}")),
  checkConfig: unary((request: ProviderPb.CheckRequest) =>
    new providerPb.CheckResponse().setInputs(request.getNews()),
  ),
  diffConfig: unary((request: ProviderPb.DiffRequest) =>
    diffResponse(readStruct(request.getOldInputs()), readStruct(request.getNews()), [], false),
  ),
  configure: unary((request: ProviderPb.ConfigureRequest) => {
    config = plainProps(readStruct(request.getArgs()));
    return new providerPb.ConfigureResponse().setSupportspreview(true);
  }),
  check: unary(async (request: ProviderPb.CheckRequest) => {
    const type = await typeOf(request.getUrn());
    const news = readStruct(request.getNews());
    const olds = request.hasOlds() ? readStruct(request.getOlds()) : undefined;
    const inputs = type.check ? type.check(news, olds, nameOf(request.getUrn())) : news;
    const missing = (type.required ?? []).filter((key) => news[key] === undefined);
    const failures = missing.map((key) =>
      new providerPb.CheckFailure().setProperty(key).setReason(`Missing required property '${key}'`),
    );
    return new providerPb.CheckResponse().setInputs(writeStruct(inputs)).setFailuresList(failures);
  }),
  diff: unary(async (request: ProviderPb.DiffRequest) => {
    const type = await typeOf(request.getUrn());
    const [before, after] = [readStruct(request.getOldInputs()), readStruct(request.getNews())];
    return diffResponse(before, after, type.replaceOn ?? [], type.deleteBeforeReplace ?? false);
  }),
  create: unary(async (request: ProviderPb.CreateRequest) => {
    const inputs = readStruct(request.getProperties());
    if (request.getPreview()) return new providerPb.CreateResponse().setProperties(writeStruct(inputs));
    const made = await (await typeOf(request.getUrn())).create(inputs, contextOf(request.getUrn()));
    return new providerPb.CreateResponse().setId(made.id).setProperties(writeStruct(made.outputs));
  }),
  update: unary(async (request: ProviderPb.UpdateRequest) => {
    const type = await typeOf(request.getUrn());
    const [inputs, olds] = [readStruct(request.getNews()), readStruct(request.getOlds())];
    if (request.getPreview()) {
      const unknown = Object.fromEntries((type.volatile ?? []).map((key) => [key, UNKNOWN]));
      return new providerPb.UpdateResponse().setProperties(writeStruct({ ...olds, ...inputs, ...unknown }));
    }
    if (!type.update) throw unsupported(`updating ${request.getUrn()} in place`);
    const outputs = await type.update(request.getId(), inputs, olds, contextOf(request.getUrn()));
    return new providerPb.UpdateResponse().setProperties(writeStruct(outputs));
  }),
  delete: unary(async (request: ProviderPb.DeleteRequest) => {
    const type = await typeOf(request.getUrn());
    await type.delete?.(request.getId(), readStruct(request.getProperties()), contextOf(request.getUrn()));
    return new emptyPb.Empty();
  }),
  read: unary(async (request: ProviderPb.ReadRequest) => {
    const type = await typeOf(request.getUrn());
    const [olds, inputs] = [readStruct(request.getProperties()), readStruct(request.getInputs())];
    const known = { id: request.getId(), outputs: olds };
    const live = type.read ? await type.read(request.getId(), olds, contextOf(request.getUrn())) : known;
    if (!live) return new providerPb.ReadResponse();
    const seen = Object.entries(inputs).map(([key, value]) => [
      key,
      equal(live.outputs[key], olds[key]) ? value : live.outputs[key],
    ]);
    return new providerPb.ReadResponse()
      .setId(live.id)
      .setProperties(writeStruct(live.outputs))
      .setInputs(writeStruct(Object.fromEntries(seen)));
  }),
  invoke: unary(async (request: ProviderPb.InvokeRequest) => {
    const called = await packages.function(request.getTok());
    const result = await called(readStruct(request.getArgs()), contextOf(""));
    return new providerPb.InvokeResponse().setReturn(writeStruct(result));
  }),
  cancel: unary(() => new emptyPb.Empty()),
};

if (!(await packages.find(name))) throw unsupported(`the package ${name}`);
const server = new grpc.Server();
server.addService(providerGrpc.ResourceProviderService, handlers);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit());

// The SDK's generated protobuf modules are CommonJS that ESM imports cannot see into: they are loaded here, once, with
// their own types. Importing this file loads gRPC, so only what talks to a program may do it.
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import type * as EngineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type * as EnginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type * as EventsGrpc from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type * as EventsPb from "@pulumi/pulumi/proto/events_pb.js";
import type * as LanguageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type * as LanguagePb from "@pulumi/pulumi/proto/language_pb.js";
import type * as ResourceGrpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type * as ResourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import type * as EmptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type * as StructPb from "google-protobuf/google/protobuf/struct_pb.js";
import type { Props } from "../values/values.ts";
import { fromWire, toWire } from "../values/wire.ts";

const load = createRequire(import.meta.url);

export const grpc = load("@grpc/grpc-js") as typeof Grpc;
export const resourcePb = load("@pulumi/pulumi/proto/resource_pb.js") as typeof ResourcePb;
export const resourceGrpc = load("@pulumi/pulumi/proto/resource_grpc_pb.js") as typeof ResourceGrpc;
export const enginePb = load("@pulumi/pulumi/proto/engine_pb.js") as typeof EnginePb;
export const engineGrpc = load("@pulumi/pulumi/proto/engine_grpc_pb.js") as typeof EngineGrpc;
export const eventsPb = load("@pulumi/pulumi/proto/events_pb.js") as typeof EventsPb;
export const eventsGrpc = load("@pulumi/pulumi/proto/events_grpc_pb.js") as typeof EventsGrpc;
export const languagePb = load("@pulumi/pulumi/proto/language_pb.js") as typeof LanguagePb;
export const languageGrpc = load("@pulumi/pulumi/proto/language_grpc_pb.js") as typeof LanguageGrpc;
export const emptyPb = load("google-protobuf/google/protobuf/empty_pb.js") as typeof EmptyPb;
const structPb = load("google-protobuf/google/protobuf/struct_pb.js") as typeof StructPb;

type JavaScriptObject = Parameters<typeof StructPb.Struct.fromJavaScript>[0];

/** Properties as received; an absent struct is empty. */
export function readStruct(struct: StructPb.Struct | undefined): Props {
  return fromWire(struct?.toJavaScript() ?? {});
}

/** Properties as sent. */
export function writeStruct(props: Props): StructPb.Struct {
  return structPb.Struct.fromJavaScript(toWire(props) as JavaScriptObject);
}

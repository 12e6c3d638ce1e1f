// The Engine service: what a running program says, and what it asks about the engine.

import { createRequire } from "node:module";
import type * as EnginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type { Events } from "../events/events.ts";
import type { Severity } from "../events/report.ts";
import { EngineError } from "../failure.ts";
import { engineVersion } from "../version.ts";
import { unary } from "./handlers.ts";
import { emptyPb, enginePb } from "./protobuf.ts";

interface Semver {
  satisfies(version: string, range: string, options: { includePrerelease: boolean }): boolean;
}

/** The SDK's own semver: what it writes a range for must be what reads it. */
function semverOfSdk(): Semver {
  const sdk = createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json");
  return createRequire(sdk)("semver") as Semver;
}

const SEVERITIES: readonly Severity[] = ["debug", "info", "warning", "error"];

/** Handlers of the service; `onError` hears of every error a program logs. */
export function engineHandlers(events: Events, onError: () => void) {
  let root = "";
  return {
    log: unary((request: EnginePb.LogRequest) => {
      const severity = SEVERITIES[request.getSeverity()] ?? "info";
      if (severity === "error") onError();
      if (!request.getEphemeral())
        events.diagnostic(severity, request.getMessage().trimEnd(), request.getUrn());
      return new emptyPb.Empty();
    }),
    getRootResource: unary(() => new enginePb.GetRootResourceResponse().setUrn(root)),
    setRootResource: unary((request: EnginePb.SetRootResourceRequest) => {
      root = request.getUrn();
      return new enginePb.SetRootResourceResponse();
    }),
    requirePulumiVersion: unary((request: EnginePb.RequirePulumiVersionRequest) => {
      const range = request.getPulumiVersionRange();
      if (!semverOfSdk().satisfies(engineVersion, range, { includePrerelease: true })) {
        throw new EngineError(
          "unsupported",
          `Pulumi CLI version ${engineVersion} does not satisfy the version range "${range}"`,
        );
      }
      return new enginePb.RequirePulumiVersionResponse();
    }),
  };
}

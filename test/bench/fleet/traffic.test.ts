import { describe, expect, it } from "vitest";
import type { StepTime } from "../../../src/automation/messages.ts";
import { BenchFailure } from "../failure.ts";
import type { Heard } from "../heard.ts";
import type { RegistryRequest } from "../world/protocol.ts";
import { readTraffic } from "./traffic.ts";

const started = (at: number, step: StepTime["name"]): Heard => ({
  at,
  message: { code: "step.started", payload: { step } },
});

const heard = [started(10, "images"), started(20, "copy"), started(30, "deploy")];

const request = (at: number, kind: RegistryRequest["kind"], byHost: boolean, bytes = 0): RegistryRequest => ({
  at,
  kind,
  byHost,
  bytes,
});

const ahead = request(12, "blob", true, 500);

describe("a promotion's requests to the registry", () => {
  it("are told by the step that was under way, and by who asked", () => {
    const requests = [
      request(5, "blob", false, 7),
      ahead,
      request(13, "blobHead", false),
      request(20, "tags", false),
      request(20, "mount", false),
      request(21, "mount", false),
      request(22, "manifestPut", false),
      request(22, "authentication", false),
      request(23, "manifest", true),
      request(30, "manifestHead", false),
      request(31, "manifest", true),
    ];
    expect(readTraffic(requests, heard, 2)).toEqual({
      fetched: { images: 1 },
      verifying: 0.5,
      copy: { requests: { tags: 1, mount: 2, manifestPut: 1 }, perService: 2, asking: 0.5, layerBytes: 0 },
    });
  });

  it("show what was fetched in the update, and what went through the driver", () => {
    const requests = [
      ahead,
      request(35, "blob", true, 500),
      request(22, "blob", false, 40),
      request(23, "upload", false, 40),
    ];
    expect(readTraffic(requests, heard, 1)).toMatchObject({
      fetched: { images: 1, deploy: 1 },
      copy: { layerBytes: 80 },
    });
  });

  it("mean nothing when hosts fetched nothing at all", () => {
    expect(() => readTraffic([request(5, "blob", false, 7)], heard, 1)).toThrow(BenchFailure);
  });
});

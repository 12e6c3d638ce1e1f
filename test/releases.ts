import { createHash } from "node:crypto";
import type { ContainerFacts, HostFacts } from "../src/plan/facts.ts";
import { digestsOf, type Release } from "../src/release/release.ts";

/** A digest that is a function of its seed. */
export const digest = (seed: string): string => `sha256:${createHash("sha256").update(seed).digest("hex")}`;

/** A release of two services and a job. */
export const release = (
  version: string,
  services: readonly string[] = ["api", "web", "migrator"],
): Release => ({
  version,
  commit: createHash("sha1").update(version).digest("hex"),
  createdAt: "2026-01-02T03:04:05Z",
  images: Object.fromEntries(
    services.map((s) => [s, `ghcr.io/example/shop/${s}@${digest(`${s} ${version}`)}`]),
  ),
});

/** A healthy container. */
export const container = (
  service: string,
  of: Release,
  change: Partial<ContainerFacts> = {},
): ContainerFacts => ({
  id: digest(service).slice(7),
  service,
  status: "running",
  health: "healthy",
  probe: undefined,
  exitCode: 0,
  restarts: 0,
  startedAt: "2026-01-02T03:04:06Z",
  digests: [digestsOf(of)[service] ?? "none"],
  ...change,
});

/** A host on which a release was deployed and is healthy. */
export const host = (
  name: string,
  of: Release,
  attempt: number,
  change: Partial<HostFacts> = {},
): HostFacts => ({
  host: name,
  attempt,
  phase: "deployed",
  release: of,
  files: {},
  containers: ["api", "web"].map((service) => container(service, of)),
  ...change,
});

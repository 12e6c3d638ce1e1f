import type { PinnedAction } from "./model.ts";

/**
 * The actions of others that run here, each at one commit: a tag can be moved, a commit cannot. Each commit is the one that the named tag
 * of the action's own repository pointed to when it was taken; `docs/workflows.md` says how a newer one is taken.
 */
export const pinned = {
  checkout: {
    name: "actions/checkout",
    commit: "d23441a48e516b6c34aea4fa41551a30e30af803",
    version: "v6.1.0",
  },
  setupNode: {
    name: "actions/setup-node",
    commit: "249970729cb0ef3589644e2896645e5dc5ba9c38",
    version: "v6.5.0",
  },
  uploadArtifact: {
    name: "actions/upload-artifact",
    commit: "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
    version: "v7.0.0",
  },
  downloadArtifact: {
    name: "actions/download-artifact",
    commit: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    version: "v8.0.1",
  },
  setupBuildx: {
    name: "docker/setup-buildx-action",
    commit: "37fe631027851001ddb9b187196cc803df7f5f0e",
    version: "v4.3.0",
  },
  login: {
    name: "docker/login-action",
    commit: "4907a6ddec9925e35a0a9e82d7399ccc52663121",
    version: "v4.1.0",
  },
  cosign: {
    name: "sigstore/cosign-installer",
    commit: "6f9f17788090df1f26f669e9d70d6ae9567deba6",
    version: "v4.1.2",
  },
  trivy: {
    name: "aquasecurity/setup-trivy",
    commit: "81e514348e19b6112ce2a7e3ecbafe19c1e1f567",
    version: "v0.3.1",
  },
} as const satisfies Record<string, PinnedAction>;

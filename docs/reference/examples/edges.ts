import { engineFailure } from "../../../src/automation/engine.ts";
import { digestsOf } from "../../../src/release/release.ts";
import { next } from "./story.ts";
import { said, written } from "./told.ts";

const api = "ghcr.io/example/shop/api";
const digest = digestsOf(next)["api"] ?? "";

/** What edges say. Their texts are held against the sources by `npm run check:docs`. */
export const edgeExamples = {
  TokenMissing: written({
    code: "TokenMissing",
    message:
      "expected a token for DigitalOcean in DIGITALOCEAN_TOKEN or in Pulumi.production.yaml (digitalocean:token), found none",
    hint: "export DIGITALOCEAN_TOKEN=…",
  }),
  EngineUnavailable: written({
    code: "EngineUnavailable",
    message: "expected the Pulumi CLI 3.270.0 or newer on PATH; installing it failed too",
    hint: "https://www.pulumi.com/docs/install/",
  }),
  NothingToPromote: written({
    code: "NothingToPromote",
    message: "staging has no verified release",
    hint: "liftlock deploy staging --release release.json",
  }),
  PromotionInterrupted: written({
    code: "PromotionInterrupted",
    message: "an earlier promotion into production did not end (to 1.6.1)",
    hint: "liftlock resume production",
  }),
  ImageMissing: written({
    code: "ImageMissing",
    message: `expected the registry to serve ${api}, it does not know ${digest}`,
    hint: "Push the image again, or promote a release whose images exist.",
  }),
  ImageTooLarge: written({
    code: "ImageTooLarge",
    message: `${api}: expected less than 1000000000 compressed bytes, its manifest says 1312450118`,
    hint: "Make the image smaller, or raise the limit.",
  }),
  InvalidMetadata: written({
    code: "InvalidMetadata",
    message: `${api}: expected an image for linux/amd64, got linux/arm64`,
    hint: "Build it again from the release's commit, with the labels org.opencontainers.image.source, revision, version and created.",
  }),
  InvalidSignature: written({
    code: "InvalidSignature",
    message: `${api}: expected a signature by a trusted key or identity over exactly this digest, got none`,
    hint: "Sign it in the workflow that builds it: `cosign sign --key … <image>@<digest>`; or correct liftlock:trust.signatures.",
  }),
  InvalidProvenance: written({
    code: "InvalidProvenance",
    message: `${api}: expected trusted SLSA provenance from https://github.com/example/shop, .github/workflows/release.yml, commit ${next.commit.slice(0, 7)}; none was found`,
    hint: "Build the image with the expected workflow (actions/attest-build-provenance with push-to-registry), or change liftlock:trust.provenance.",
  }),
  SecurityBlocked: written({
    code: "SecurityBlocked",
    message: `${api}: expected no open finding from high on, got 1: CVE-2026-1234 (critical) in openssl`,
    hint: "Update what is affected and build again; or waive each one in liftlock:trust.security.waivers: { id, reason, by, expires, services: [api] }.",
  }),
  RegistryUnavailable: written({
    code: "RegistryUnavailable",
    message: `expected ghcr.io to answer for example/shop/api: answered 503 (max retries, tried 3 times)`,
    hint: "Try again when the registry answers.",
  }),
  CopyFailed: written({
    code: "CopyFailed",
    message: `api could not be copied from ghcr.io/example/shop-staging/api to ${api}: expected ghcr.io to answer for example/shop/api: answered 503 (max retries, tried 3 times). 4 of 9 of its parts and 2 of 6 images are there`,
    hint: "Production was not touched. Run the same command again: what is there already is not copied again.",
  }),
  RegistryUpdateFailed: written({
    code: "RegistryUpdateFailed",
    message: `expected to set ${api}:main: expected ghcr.io to answer for example/shop/api: answered 503 (max retries, tried 3 times)`,
    hint: "Try again when the registry answers.",
  }),
  ConfigChanged: written({
    code: "ConfigChanged",
    message: "Pulumi.production.yaml was edited after its preview",
    hint: "Nothing was touched. Run the command again: the preview will show the edits.",
  }),
  EndpointFailed: written({
    code: "EndpointFailed",
    message: "there is no public endpoint to ask (liftlock:health.paths is empty)",
  }),
  Interrupted: written({ code: "Interrupted", message: "stopped by SIGINT" }),
  DeadlineExceeded: written({ code: "DeadlineExceeded", message: "the update took longer than 10 min" }),
  // The engine's words, as they are told for a preview.
  PreviewFailed: said(() => ({
    code: "PreviewFailed",
    message: engineFailure(
      new Error("error: could not load plugin for digitalocean"),
      "preview of production",
    ).message,
  })),
};

/** Reports handed to code scanning. */
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { Router } from "../http/router.ts";
import { bodyOf, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub } from "./hub.ts";

/** One report: for which commit, and its SARIF. */
export interface Analysis {
  commit: string;
  ref: string;
  sarif: unknown;
}

const known = new WeakMap<Hub, Analysis[]>();

/** The reports that a repository was given, oldest first. */
export function analysesOf(hub: Hub): Analysis[] {
  const analyses = known.get(hub) ?? [];
  known.set(hub, analyses);
  return analyses;
}

const schema = z.object({
  commit_sha: z.string().regex(/^[0-9a-f]{40}$/),
  ref: z.string().startsWith("refs/"),
  sarif: z.base64(),
});
const sarifSchema = z.looseObject({ version: z.literal("2.1.0"), runs: z.array(z.unknown()).min(1) });

function opened(sarif: string): unknown {
  try {
    return sarifSchema.parse(JSON.parse(gunzipSync(Buffer.from(sarif, "base64")).toString()));
  } catch {
    throw refuse(400, "The SARIF could not be read: expected SARIF 2.1.0, compressed with gzip, in base64");
  }
}

/** Adds the upload of reports. */
export function addCodeScanning(router: Router, hub: Hub): void {
  for (const root of repositoryPaths)
    router.on("POST", `${root}/code-scanning/sarifs`, async (request) => {
      verifyRepository(hub, request);
      const { commit_sha, ref, sarif } = await bodyOf(request, schema);
      analysesOf(hub).push({ commit: commit_sha, ref, sarif: opened(sarif) });
      return { status: 202, json: { id: String(hub.nextId()) } };
    });
}

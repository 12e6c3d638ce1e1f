/** Releases: a tag with its notes. */
import { z } from "zod";
import type { Router } from "../http/router.ts";
import { bodyOf, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub } from "./hub.ts";

export interface Release {
  id: number;
  tag_name: string;
  target_commitish: string;
  name: string;
  body: string;
  draft: boolean;
  prerelease: boolean;
  created_at: string;
}

const known = new WeakMap<Hub, Map<string, Release>>();

/** The releases of a repository, by tag. */
export function releasesOf(hub: Hub): Map<string, Release> {
  const releases = known.get(hub) ?? new Map<string, Release>();
  known.set(hub, releases);
  return releases;
}

const schema = z.object({
  tag_name: z.string().min(1),
  target_commitish: z.string().default("main"),
  name: z.string().default(""),
  body: z.string().max(125_000).default(""),
  draft: z.boolean().default(false),
  prerelease: z.boolean().default(false),
});

/** Adds releases; newest first. */
export function addReleases(router: Router, hub: Hub): void {
  const releases = releasesOf(hub);
  for (const root of repositoryPaths)
    router
      .on("GET", `${root}/releases`, (request) => {
        verifyRepository(hub, request);
        return page(request, [...releases.values()].reverse(), (shown) => shown);
      })
      .on("GET", `${root}/releases/tags/:tag`, (request) => {
        verifyRepository(hub, request);
        return ok(found(releases, request.params.tag ?? ""));
      })
      .on("POST", `${root}/releases`, async (request) => {
        verifyRepository(hub, request);
        const given = await bodyOf(request, schema);
        if (releases.has(given.tag_name)) throw refuse(422, "Validation Failed: tag_name already_exists");
        const release = { ...given, id: hub.nextId(), created_at: hub.now() };
        releases.set(release.tag_name, release);
        return { status: 201, json: release };
      });
}

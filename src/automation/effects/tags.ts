import { versionTag } from "../../registry/tags.ts";
import type { Release } from "../../release/release.ts";
import { type Effect, nothing } from "../carryOut.ts";
import type { Run } from "../run.ts";

/** Tags that follow what runs in the environment: before, and after it is verified. */
function tagsOf({ target }: Run): { moving: string[]; latest: string[] } {
  const { tag, latest } = target.config.registry ?? {};
  return { moving: tag === undefined ? [] : [tag], latest: tag !== undefined && latest ? ["latest"] : [] };
}

async function setTags({ target }: Run, release: Release | undefined, tags: readonly string[]) {
  if (tags.length === 0 || !release) return nothing;
  const set = await target.images.tag(release, tags);
  if (!set) return nothing;
  return `${tags.join(", ")} → ${release.version}`;
}

export const tag: Effect = async (run) => {
  const { moving } = tagsOf(run);
  const tags = run.source && moving.length > 0 ? [...moving, versionTag(run.release)] : [];
  return setTags(run, run.release, tags);
};

export const latest: Effect = async (run) => setTags(run, run.release, run.source ? tagsOf(run).latest : []);

/** What the configuration pins is what runs, when this is asked for. */
export const retag: Effect = async (run) => {
  const { moving, latest } = tagsOf(run);
  return setTags(run, run.target.file.pin().release, [...moving, ...latest]);
};

import { dockerConfig } from "../../../infra/payload.ts";
import { strategyOf } from "../../../stacks/application.ts";
import { hostRegistry } from "../../../stacks/hostRegistry.ts";
import { counted } from "../../plan/gates/words.ts";
import { type Release, sameImages } from "../../release/release.ts";
import { type Effect, nothing } from "../carryOut.ts";
import type { Run } from "../run.ts";

const prefetch = ({ target, watch }: Run, release: Release): Promise<void> => {
  const { registry } = target.outputs.access;
  return watch.outside(
    target.hosts.prefetch(
      Object.values(release.images),
      registry ? dockerConfig(hostRegistry(registry)) : undefined,
    ),
  );
};

/** True when the release goes to other repositories than those it comes from. */
const moves = ({ source, release }: Run): boolean =>
  source !== undefined && !sameImages(release, source.release);

/**
 * True when images are under their new names in a moment: their registry only mounts what it has, and nobody is asked before. To
 * fetch them under the old names first would only add round trips.
 */
function movesAtOnce(run: Run): boolean {
  const { target, release, source } = run;
  const references = [release, source?.release].flatMap((named) => Object.values(named?.images ?? {}));
  const registries = new Set(references.map((reference) => reference.split("/")[0]));
  return moves(run) && registries.size === 1 && target.config.approval.required === 0;
}

/**
 * True when no host changes before every host has the images and has proven them: then the engine starts while they are fetched, and
 * the hosts' scripts wait for what is on its way.
 */
const movesTogether = ({ target, stages }: Run): boolean =>
  target.outputs.hosts.length === 1 ||
  (stages.length === 1 && strategyOf(target.config).type === "blueGreen");

/** Images are there and to be trusted; hosts begin to fetch them as early as it pays, so that the update itself only switches. */
export const images: Effect = (run) => {
  const { target, release, source } = run;
  const given = source?.release ?? release;
  if (!movesAtOnce(run)) run.fetching = prefetch(run, given);
  return target.images.verify(given);
};

/** Untagged: nothing of it is seen before people have agreed and the tags move. Hosts still fetch while the registry copies. */
export const copy: Effect = async (run) => {
  const { target, source, release, before } = run;
  const copied = source && moves(run) ? target.images.copy(source.release, before.release) : undefined;
  copied?.catch(() => undefined);
  if (!copied) {
    await run.fetching;
    return nothing;
  }
  const { images, bytes } = await copied;
  await run.fetching;
  // Where their layers are on the hosts already, only the manifests' new names are fetched.
  run.fetching = prefetch(run, release);
  if (movesTogether(run)) run.fetching.catch(() => undefined);
  else await run.fetching;
  return `${counted(images, "image")}, ${bytes} bytes moved`;
};

import type { HostReading } from "../plan/facts.ts";
import { type RunningImage, runningImages } from "../plan/runningImages.ts";
import { asFailure } from "../release/failure.ts";
import { digestsOf, type Release } from "../release/release.ts";
import type { Difference } from "./messages.ts";
import type { Images } from "./ports.ts";

/** What cannot be shown of an image: that it was not signed, or that nobody could say. */
async function unproven(
  images: Images,
  { digest, references, at }: RunningImage,
): Promise<Difference | undefined> {
  const where = at.join(", ");
  if (digest === undefined || references.length === 0)
    return {
      where: "registry",
      resource: `${where} (InvalidSignature)`,
      what: "runs an image that came from no registry: nobody can have signed it",
    };
  const problems: { code: string; message: string }[] = [];
  for (const reference of references)
    try {
      await images.admit(reference);
      return undefined;
    } catch (thrown) {
      problems.push(asFailure(thrown));
    }
  // What one registry cannot answer another may have refused: not to know is said first.
  const worst = problems.find(({ code }) => code === "RegistryUnavailable") ?? problems[0];
  return (
    worst && {
      where: "registry",
      resource: `${where} (${worst.code})`,
      what:
        worst.code === "RegistryUnavailable"
          ? `whether its image is signed could not be asked: ${worst.message}`
          : `runs, and is not signed by those trusted: ${worst.message}`,
    }
  );
}

/**
 * Images that run and are not signed by those whom `liftlock:trust` names, or of which that cannot be shown. Each is asked for once. The images of
 * the pinned release are not among them: more than their signature is asked for (`Images.verify`).
 * @param stateful services that no release promotes
 */
export async function unadmitted(
  images: Images,
  readings: readonly HostReading[],
  pinned: Release | undefined,
  stateful: readonly string[],
): Promise<Difference[]> {
  if (!images.admits) return [];
  const known = new Set<string>(Object.values(pinned ? digestsOf(pinned) : {}));
  const others = runningImages(readings, stateful).filter(
    ({ digest }) => digest === undefined || !known.has(digest),
  );
  const found = await Promise.all(others.map((image) => unproven(images, image)));
  return found.filter((difference) => difference !== undefined);
}

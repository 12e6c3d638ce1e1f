import { join } from "node:path";
import { requireGitHub } from "../../github/client.ts";
import { Packages } from "../../github/packages.ts";
import { ledgerPlace } from "../../ledger/place.ts";
import { type CleanupPlan, planCleanup } from "../../plan/retention/cleanup.ts";
import { protectedDigests } from "../../plan/retention/protection.ts";
import type { Credentials } from "../../registry/credentials.ts";
import { Registries } from "../../registry/registries.ts";
import type { DriverContext } from "../context.ts";
import { ManifestFile } from "../manifestFile.ts";
import type { EnvironmentNeeds } from "../neededImages.ts";
import { type ListedVersion, repositoryRules, StoredImages } from "../storedImages.ts";
import { variablesOf } from "../telling.ts";

/** What a clean-up works with. */
export interface Means {
  packages: Packages;
  storage: StoredImages;
  manifests: ManifestFile;
}

/** What is known at one moment. */
export interface Survey {
  needs: readonly EnvironmentNeeds[];
  versions: readonly ListedVersion[];
  plan: CleanupPlan;
}

/** GitHub's packages, the registries, and what earlier clean-ups have read there. @throws Failure `TokenMissing` */
export function makeMeans(context: DriverContext, needs: readonly EnvironmentNeeds[]): Means {
  const packages = new Packages(requireGitHub(variablesOf(context)));
  const credentials = needs.flatMap(({ outputs }): Credentials[] => {
    const { registry } = outputs.access;
    return registry ? [{ server: registry.server, username: registry.username, token: registry.token }] : [];
  });
  const { directory } = ledgerPlace(context.workDirectory, variablesOf(context));
  const manifests = new ManifestFile(join(directory, "clean-up", "manifests"));
  return {
    packages,
    manifests,
    storage: new StoredImages(packages, new Registries({ credentials }), manifests),
  };
}

const smallest = (all: readonly number[]) => Math.min(...all);

/**
 * Reads what is stored, and plans what of it may go.
 * @param refused why GitHub did not delete a version, by its key: it is not asked again
 */
export async function survey(
  context: DriverContext,
  means: Means,
  needs: readonly EnvironmentNeeds[],
  refused: ReadonlyMap<string, string>,
): Promise<Survey> {
  const versions = await means.storage.list(repositoryRules(needs));
  const policies = needs.map(({ retention }) => retention);
  const plan = planCleanup({
    now: context.now(),
    versions,
    protection: {
      digests: protectedDigests(needs.map(({ images }) => images)),
      tags: new Set(["latest", ...needs.flatMap(({ tag }) => tag ?? [])]),
      refused,
    },
    policy: {
      storage: smallest(policies.map(({ storage }) => storage)),
      thresholds: {
        warning: smallest(policies.map(({ thresholds }) => thresholds.warning)),
        critical: smallest(policies.map(({ thresholds }) => thresholds.critical)),
      },
    },
  });
  return { needs, versions, plan };
}

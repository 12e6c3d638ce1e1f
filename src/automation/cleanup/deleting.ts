import { type CleanupStep } from "../../plan/retention/cleanup.ts";
import { keyOf, type Origin } from "../../plan/retention/stored.ts";
import { shortDigest } from "../../release/digest.ts";
import { Failure } from "../../release/failure.ts";
import type { CleanupJournal } from "../cleanupJournal.ts";
import type { DriverContext } from "../context.ts";
import type { EnvironmentNeeds } from "../neededImages.ts";
import type { ListedVersion } from "../storedImages.ts";
import type { CleanupStepReport } from "./report.ts";
import type { Means, Survey } from "./survey.ts";

/** Deletions between two looks at whether anybody deploys meanwhile, and between two entries of the journal. */
const batch = 50;

/** Milliseconds for which the journals are believed not to have changed; who holds an environment is asked before every batch. */
const provenFor = 5_000;

/**
 * Who deploys now, if anybody does; and whether anything was journaled since the environments were read.
 * @param whole false: only the former, which costs next to nothing
 */
async function meanwhile(
  context: DriverContext,
  needs: readonly EnvironmentNeeds[],
  whole: boolean,
): Promise<{ held: string } | "changed" | "quiet"> {
  const ledger = await context.ledger();
  const found = await Promise.all(
    needs.map(async ({ images: { environment }, seq }) => {
      const holder = await ledger.current(environment);
      if (holder) return { held: `${holder.promotion} is under way in ${environment}` };
      return whole && (await ledger.read(environment, seq)).length > 0 ? "changed" : "quiet";
    }),
  );
  return found.find((one) => typeof one === "object") ?? found.find((one) => one === "changed") ?? "quiet";
}

/** How carrying a step out ended: everything has gone, something changed meanwhile, or it was stopped. */
type Ending = "done" | "changed" | { stopped: string };

/** A step on its way: what has gone so far, and what GitHub refused, by key. */
export class Deleting {
  readonly gone = new Map<Origin, CleanupStepReport>();
  readonly refused = new Map<string, string>();
  private readonly context: DriverContext;
  private readonly means: Means;
  private readonly journal: CleanupJournal;

  constructor(context: DriverContext, means: Means, journal: CleanupJournal) {
    this.context = context;
    this.means = means;
    this.journal = journal;
  }

  /** Deletes what a step says, as long as nobody else changes anything. */
  async carryOut(step: CleanupStep, { needs, versions }: Survey): Promise<Ending> {
    const listed = new Map(versions.map((version) => [keyOf(version), version]));
    const signal = () => this.context.interruption.signal;
    let proven = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < step.leaving.length; at += batch) {
      if (signal() !== undefined) return { stopped: `stopped by ${signal()}` };
      const whole = performance.now() - proven > provenFor;
      const now = await meanwhile(this.context, needs, whole);
      if (whole) proven = performance.now();
      if (typeof now === "object") return { stopped: now.held };
      if (now === "changed") return now;
      const next = step.leaving.slice(at, at + batch);
      const names = next.map(({ version }) => `${version.repository}@${shortDigest(version.digest)}`);
      const { of, threshold, leaving } = step;
      const payload = { of, threshold, done: at, versions: leaving.length };
      this.context.notify({ code: "cleanup.deleting", payload });
      await this.journal.note("deletes", `above ${step.threshold} %: ${names.join(" ")}`);
      for (const { version, frees } of next) {
        if (signal() !== undefined) break;
        const known = listed.get(keyOf(version));
        if (known) await this.deleteOne(step, known, frees);
      }
    }
    return signal() === undefined ? "done" : { stopped: `stopped by ${signal()}` };
  }

  private async deleteOne(step: CleanupStep, version: ListedVersion, frees: number): Promise<void> {
    const { repository, digest, tags } = version;
    const refused = await this.means.packages.delete(version.package, version.id);
    if (refused !== undefined) this.refused.set(keyOf(version), refused);
    const { of, threshold } = step;
    const report = this.gone.get(of) ?? { of, threshold, versions: [] };
    this.gone.set(of, report);
    report.versions.push({ repository, digest, tags, frees, ...(refused !== undefined && { refused }) });
    const deleted = [...this.gone.values()].flatMap(({ versions }) => versions).length - this.refused.size;
    // One or two may be the last of their packages. If nothing at all may be deleted, it is the token.
    if (deleted > 0 || this.refused.size < 5) return;
    throw new Failure({
      code: "GitHubRefused",
      message: `expected GitHub to delete old versions, it refused all of ${this.refused.size}: ${refused}`,
      hint: "Give the token delete:packages; in a workflow, packages: write, and the repository the role Admin on the packages.",
      fault: "user",
    });
  }
}

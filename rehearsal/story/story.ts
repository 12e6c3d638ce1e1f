import { badInProduction } from "../images/faulty-releases.ts";
import type { ShopFaults } from "../images/shop.ts";
import { WorldFailure } from "../world/project.ts";
import { buildRelease } from "../world/release.ts";
import { type Finished, liftlock, pulumiUp } from "./commands.ts";
import { type Testimony, testify } from "./witness.ts";
import type { RunningWorld } from "./worldProcess.ts";

/** What is told while the story goes on. */
export interface Teller {
  /** A chapter begins. */
  chapter(title: string): void;
  /** Something was done; seconds it took. */
  done(what: string, seconds: number): void;
  /** File descriptor for the lines that `liftlock` prints for people. */
  people: number;
}

/** How the story ended. */
export interface Ending {
  promotions: Finished[];
  testimony: Testimony;
  /** What did not go as told; empty when all is well. */
  wrong: string[];
}

async function timed<T>(teller: Teller, what: (result: T) => string, work: Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work;
  teller.done(what(result), (performance.now() - start) / 1000);
  return result;
}

/** Builds, pushes and signs a release, as CI would; returns the release file. */
async function build(
  { registry, signingKey: key, busybox }: RunningWorld,
  version: string,
  commit: string,
  faults?: ShopFaults,
): Promise<string> {
  return JSON.stringify(await buildRelease({ registry, key, busybox }, version, commit, faults));
}

/** How many resources an update made, from its lines: one for each. */
const created = (output: string) => output.match(/^ *\+ .* created \(/gm)?.length ?? 0;

/** Two environments come up; a good release is lifted; a bad one is, and production is put back by itself. */
export async function tellStory(world: RunningWorld, teller: Teller): Promise<Ending> {
  const command = async (args: string[], stdin: string, status: string, exit: number): Promise<Finished> => {
    const outcome = await liftlock(world, args, stdin, teller.people);
    const got = outcome.finished?.status ?? "no result";
    if (outcome.finished && got === status && outcome.exit === exit) return outcome.finished;
    throw new WorldFailure(
      `liftlock ${args[0]}: expected ${status} (exit ${exit}), got ${got} (exit ${outcome.exit})`,
    );
  };
  teller.chapter(
    "Two environments come up, declared as Pulumi resources (pulumi up -s staging, pulumi up -s production)",
  );
  await Promise.all(
    ["staging", "production"].map((stack) =>
      timed(
        teller,
        (output) => `${stack.padEnd(11)} ${created(output)} resources created`,
        pulumiUp(world, stack),
      ),
    ),
  );

  teller.chapter(
    "Release 1.4.0 is built, pushed by digest, signed, and brought to staging (liftlock deploy staging)",
  );
  const good = await build(world, "1.4.0", "3f2c9ab1d07e5f6a8b9c0d1e2f3a4b5c6d7e8f90");
  await command(["deploy", "staging", "--release", "-"], good, "Completed", 0);

  teller.chapter(
    "Release 1.4.0 is lifted to production: its images are checked, copied and tagged there (liftlock promote)",
  );
  const promotion = await command(["promote"], "", "Completed", 0);

  teller.chapter("Release 1.5.0 comes to staging; its api works there, and crashes where payments are live");
  const bad = await build(world, "1.5.0", "b7e1d4c2a9f80635142738495a6b7c8d9e0f1a2b", badInProduction);
  await command(["deploy", "staging", "--release", "-"], bad, "Completed", 0);

  teller.chapter("Release 1.5.0 is promoted, and production is put back by itself (liftlock promote)");
  const revert = await command(["promote"], "", "RolledBack", 4);

  teller.chapter(
    "What production runs now, read from its hosts and the registry by somebody else than the driver",
  );
  const testimony = await testify(world, world.ports.ssh);
  const wrong = [
    ...(testimony.release === "1.4.0" ? [] : [`the pin of production says ${testimony.release}, not 1.4.0`]),
    ...(testimony.agree ? [] : ["the digests on the hosts differ from the pin"]),
    ...testimony.tags
      .filter(({ pinned }) => !pinned)
      .map(({ tag, version }) => `the tag ${tag} points to ${version}, not to the pinned digests`),
  ];
  return { promotions: [promotion, revert], testimony, wrong };
}

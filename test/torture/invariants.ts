import type { PromotionResult } from "../../src/automation/messages.ts";
import { openPromotions } from "../../src/ledger/entry.ts";
import { type Release, releaseId } from "../../src/release/release.ts";
import type { SimDriver } from "./sim/driver.ts";
import { releases, type SimWorld, secret } from "./sim/world.ts";

/** An invariant of the specification that did not hold, and how. */
export interface Violation {
  /** Number in `promotion.md`, "Invariants"; 0: something that follows from them. */
  invariant: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  message: string;
}

const all: readonly Release[] = Object.values(releases);

const byId = (id: string | undefined): Release | undefined => all.find((r) => releaseId(r) === id);

/** 6: a result is what was observed. Judged at the moment in which the driver says it, while it holds the environment. */
export function judgeResult(world: SimWorld, result: PromotionResult): Violation[] {
  const runs = byId(result.runs?.id);
  const what = `${result.kind} said ${result.status}`;
  switch (result.status) {
    case "Completed":
    case "RolledBack":
      if (!runs) return [{ invariant: 6, message: `${what} without saying what runs` }];
      return world.serves(runs)
        ? []
        : [{ invariant: 6, message: `${what}, but not every host serves ${runs.version}` }];
    case "Failed": {
      if (result.backReason || result.steps.at(-1)?.name === "pin") return [];
      // Nothing was touched, so they say; or nobody was told that something was.
      return runs && world.serves(runs)
        ? []
        : [{ invariant: 1, message: `${what} (${result.reason?.code}) as if nothing had been touched` }];
    }
    case "Pending":
    case "Cancelled":
    case "InProgress":
      return [{ invariant: 0, message: what }];
  }
}

/** What must hold once faults have ceased, and whoever found something interrupted has resumed it. */
export function judgeEnd(world: SimWorld, checkouts: readonly string[]): Violation[] {
  const found: Violation[] = [];
  const say = (invariant: Violation["invariant"], message: string) => found.push({ invariant, message });
  for (const checkout of checkouts) {
    const pin = world.checkouts.get(checkout);
    if (!pin?.release) {
      say(2, `checkout ${checkout} has no pin`);
      continue;
    }
    const { version } = pin.release;
    if (pin.candidate) say(2, `checkout ${checkout} is still on the way to ${pin.candidate.version}`);
    if (world.behaviourOf(pin.release) !== "good") say(1, `${version} is pinned, and does not work`);
    if (!world.serves(pin.release))
      say(2, `${version} is pinned in ${checkout}, and not what every host serves`);
    for (const host of world.hosts)
      if (host.attempt !== pin.rollout.attempt || host.phase !== "deployed")
        say(2, `${checkout} says attempt ${pin.rollout.attempt}, ${host.name} ${host.attempt} ${host.phase}`);
    const { deployed } = world.stack;
    if (deployed.attempt !== pin.rollout.attempt || deployed.id !== releaseId(pin.release))
      say(2, `the stack deployed ${deployed.release.version} in ${deployed.attempt}, the pin is ${version}`);
  }
  const entries = world.ledger.read("production");
  const begun = entries.flatMap((entry, i) =>
    entry.entry === "started" && (entry.kind === "promote" || entry.kind === "deploy") ? [i] : [],
  );
  for (const i of begun)
    for (const { promotion } of openPromotions(entries.slice(0, i)))
      if (entries[i]?.entry === "started" && promotion !== entries[i].promotion)
        say(2, `a promotion began although ${promotion} had not ended`);
  for (const { promotion } of openPromotions(entries)) say(2, `promotion ${promotion} never ended`);
  const report = world.ledger.verify("production");
  if (!report.intact) say(2, `the journal does not chain: ${JSON.stringify(report.problems)}`);
  const last = entries.findLast((entry) => entry.entry === "ended" && entry.runs !== undefined);
  if (last?.entry === "ended" && last.runs && !world.serves(last.runs))
    say(2, `the ledger says that ${last.runs.version} runs`);
  return found;
}

/** 3: nobody is given what somebody alive holds. */
export const judgeLeases = (world: SimWorld): Violation[] =>
  world.ledger.forced.map((promotion) => ({
    invariant: 3,
    message: `the environment was given away while promotion ${promotion} held it`,
  }));

/** 2: the pin is what was verified, at every instant. */
export const judgePins = (world: SimWorld): Violation[] =>
  world.unverified.map((version) => ({
    invariant: 2,
    message: `${version} was pinned before it was verified`,
  }));

/** 1: a release is rolled out under supervision: no stage begins before the one before it was seen to work. */
export const judgeStages = (world: SimWorld): Violation[] =>
  world.unwatched.map((version) => ({
    invariant: 1,
    message: `a further stage of ${version} began although what was there already did not work`,
  }));

/** 5: no secret is ever told or written. */
export function judgeSecrets(world: SimWorld, drivers: readonly SimDriver[]): Violation[] {
  const told = drivers.flatMap(({ messages }) => messages).find((m) => JSON.stringify(m).includes(secret));
  const written = world.ledger.read("production").find((entry) => JSON.stringify(entry).includes(secret));
  return [
    ...(told ? [{ invariant: 5 as const, message: `a secret was told: ${told.code}` }] : []),
    ...(written ? [{ invariant: 5 as const, message: `a secret was written: ${written.entry}` }] : []),
  ];
}
